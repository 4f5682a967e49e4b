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
    return this.#answer.ended;
  }

  next(_usage?: GenerationUsage, more = false): string {
    const answer = this.#answer;
    const first = answer.tokens === 0;
    const piece = this.#held + (answer.next() ?? '');
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
