/** The events of one choice of a plain streamed chat answer. */
import type { Answer } from '../../../../simulator/index.js';
import type { GenerationUsage } from '../../../generation/generator.js';
import type { FrameSource } from '../../../generation/token-stream.js';
import type { ChunkWriter, ContentFrame } from './wire.js';

/** See the file's head. */
export class PlainFrames implements FrameSource {
  readonly #answer: Answer;
  readonly #chunks: ChunkWriter;
  readonly #index: number;
  readonly #frame: ContentFrame;
  /** Text of a step whose last token is to come. */
  #held = '';
  /** Text of the next token, once it has been prepared, and what is written for it unless it says more or less than other tokens. */
  #near: string | undefined;
  #nearEvent: string | undefined;

  constructor(answer: Answer, chunks: ChunkWriter, index: number) {
    this.#answer = answer;
    this.#chunks = chunks;
    this.#index = index;
    this.#frame = chunks.contentFrame(index);
  }

  #event(piece: string): string {
    const { before, after, padding } = this.#frame;
    const event = before + piece + after;
    return padding ? event + padding.beside(piece.length) + padding.after : event;
  }

  get ended(): boolean {
    return this.#near === undefined && this.#answer.ended;
  }

  prepare(): void {
    if (this.#near !== undefined || this.#answer.tokens === 0) return;
    const near = this.#answer.next();
    this.#near = near;
    if (near === undefined || this.#held !== '') return;
    // How an event is padded hangs on those before it.
    if (!this.#frame.padding) this.#nearEvent = near === '' ? '' : this.#event(near);
  }

  /** The event of the prepared token, if that is one by itself. */
  #takePrepared(more: boolean): string | undefined {
    const event = more || this.#answer.ended ? undefined : this.#nearEvent;
    this.#nearEvent = undefined;
    if (event !== undefined) this.#near = undefined;
    return event;
  }

  next(_usage?: GenerationUsage, more = false): string {
    const prepared = this.#takePrepared(more);
    if (prepared !== undefined) return prepared;
    const answer = this.#answer;
    const first = answer.tokens === 0;
    const piece = this.#held + (this.#near ?? answer.next() ?? '');
    this.#near = undefined;
    const holds = more && !answer.ended;
    this.#held = holds ? piece : '';
    const text = piece === '' || holds ? '' : this.#event(piece);
    if (!first && !answer.ended) return text;
    return (
      (first ? this.#chunks.role(this.#index) : '') +
      text +
      (answer.ended ? this.#chunks.finish(this.#index, answer.finishReason) : '')
    );
  }
}
