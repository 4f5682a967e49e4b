/** `obfuscation` of events: letters that bring those of one stream to lengths that tell nothing about what is said. */
import { createRandom, type Random } from '../../../lib/random.js';

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
/** Events are padded to a multiple of this. */
const PAD_TO = 16;

/** Pads the events of one stream; the same ones are padded alike every time. */
export class Padding {
  readonly #randoms = new Map<number, Random>();

  /**
   * What stands beside a text.
   *
   * @param index - of the choice: each has its own, however they interleave
   * @param length - of the text
   */
  beside(length: number, index = 0): string {
    let random = this.#randoms.get(index);
    if (!random) this.#randoms.set(index, (random = createRandom(index, 'padding')));
    let padding = '';
    for (let i = length % PAD_TO; i < PAD_TO; i++) padding += LETTERS[random.int(LETTERS.length)]!;
    return padding;
  }
}
