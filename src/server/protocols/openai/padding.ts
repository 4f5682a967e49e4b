/** `obfuscation` of events: letters that bring those of one stream to lengths that tell nothing about what is said. */
import { createRandom } from '../../../lib/random.js';
import type { ModelInfo } from '../../../simulator/models/model.js';
import type { ServerOptions } from '../../options.js';

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
/** Events are padded to a multiple of this. */
const PAD_TO = 16;
/** A prime, so that events begin everywhere in {@link TEXT}. */
const STARTS = 997;
/** Of the letters of an event, as they follow each other here: to draw each would take longer than all else of an event. */
const TEXT = Array.from({ length: STARTS + PAD_TO }, letters()).join('');

function letters(): () => string {
  const random = createRandom(0, 'padding');
  return () => LETTERS[random.int(LETTERS.length)]!;
}

/**
 * Whether events are padded.
 *
 * @param asked - what the request says; undefined when it says nothing
 */
export const isPadded = (
  asked: boolean | null | undefined,
  { owner }: ModelInfo,
  { streamObfuscation }: Pick<ServerOptions, 'streamObfuscation'>,
): boolean => asked ?? (streamObfuscation === 'auto' ? owner === 'openai' : streamObfuscation === 'on');

/** Pads the events of one stream; the same ones are padded alike every time. */
export class Padding {
  /** Where the next event of each choice begins: each has its own, however they interleave. */
  readonly #starts: number[] = [];

  /**
   * What stands beside a text.
   *
   * @param index - of the choice
   * @param length - of the text
   */
  beside(length: number, index = 0): string {
    const start = this.#starts[index] ?? index;
    this.#starts[index] = (start + 13 * PAD_TO + 1) % STARTS;
    return TEXT.slice(start, start + PAD_TO - (length % PAD_TO));
  }
}
