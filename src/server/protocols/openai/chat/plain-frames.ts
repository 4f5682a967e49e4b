/** The events of one choice of a plain streamed chat answer. */
import type { Answer } from '../../../../simulator/index.js';
import type { FrameSource } from '../../../generation/token-stream.js';
import type { ChunkWriter } from './wire.js';

/** See the file's head. */
export class PlainFrames implements FrameSource {
  readonly #answer: Answer;
  readonly #chunks: ChunkWriter;
  readonly #index: number;
  readonly #before: string;
  readonly #after: string;

  constructor(answer: Answer, chunks: ChunkWriter, index: number) {
    this.#answer = answer;
    this.#chunks = chunks;
    this.#index = index;
    ({ before: this.#before, after: this.#after } = chunks.contentFrame(index));
  }

  get ended(): boolean {
    return this.#answer.ended;
  }

  next(): string {
    const answer = this.#answer;
    const first = answer.tokens === 0;
    const piece = answer.next();
    const text = piece ? this.#before + piece + this.#after : '';
    if (!first && !answer.ended) return text;
    return (
      (first ? this.#chunks.role(this.#index) : '') +
      text +
      (answer.ended ? this.#chunks.finish(this.#index, answer.finishReason) : '')
    );
  }
}
