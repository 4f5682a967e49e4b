/** A streamed chat answer: each token is written when the engine says that it is ready. */
import type { Clock } from '../../../lib/clock.js';
import type { Deadline, DeadlineWheel } from '../../../lib/deadline-wheel.js';
import type { Answer, TokenSchedule } from '../../../simulator/index.js';
import type { HttpResponse } from '../../http/response.js';
import { type ChunkWriter, DONE_EVENT } from './chat-wire.js';

/** One choice to stream. */
export interface StreamChoice {
  answer: Answer;
  schedule: TokenSchedule;
}

/** Most characters that are made at once; then others get their turn. */
const BATCH_CHARACTERS = 64 * 1024;
/** Bytes that the client has not read beyond which no more tokens are made until it has. */
const UNREAD_BYTES = 128 * 1024;

interface Lane extends StreamChoice {
  index: number;
  before: string;
  after: string;
  nextMs: number;
  begun: boolean;
  deadline: Deadline | undefined;
}

/** What a {@link ChatStream} is made of. */
export interface ChatStreamOptions {
  response: HttpResponse;
  chunks: ChunkWriter;
  choices: readonly StreamChoice[];
  wheel: DeadlineWheel;
  clock: Clock;
  /** Makes an event for the end from the number of tokens of all choices; undefined without one. */
  trailer: ((completionTokens: number) => string) | undefined;
  /** Counts the tokens of a complete answer. */
  tokensOf: (answer: Answer) => number;
  /** Called once, when the stream is complete or its reader has gone. */
  onClose: () => void;
}

/** See the file's head. The response's head must have been written. */
export class ChatStream {
  readonly #options: ChatStreamOptions;
  readonly #lanes: Lane[];
  #open: number;

  constructor(options: ChatStreamOptions) {
    this.#options = options;
    this.#lanes = options.choices.map((choice, index) => ({
      ...choice,
      ...options.chunks.contentFrame(index),
      index,
      nextMs: choice.schedule.nextMs(),
      begun: false,
      deadline: undefined,
    }));
    this.#open = this.#lanes.length;
    options.response.onAbort(() => this.#close());
  }

  /** Begins: what is ready already is written at once. */
  start(): void {
    for (const lane of this.#lanes) this.#advance(lane, this.#options.clock.nowMs());
  }

  /** Writes what is ready and waits for the next token. */
  #advance(lane: Lane, nowMs: number): void {
    const { response } = this.#options;
    if (lane.nextMs <= nowMs && !lane.begun) {
      // The first token goes out alone: nothing that follows may delay it.
      this.#write(lane, this.#options.chunks.role(lane.index) + this.#take(lane, nowMs, 1));
    }
    if (lane.nextMs <= nowMs && !lane.answer.ended) {
      this.#write(lane, this.#take(lane, nowMs, BATCH_CHARACTERS));
    }
    if (lane.answer.ended || response.done) return;
    if (response.waitingBytes > UNREAD_BYTES) this.#waitForReader();
    else this.#wait(lane);
  }

  /** The events that are ready, up to about `characters`. */
  #take(lane: Lane, nowMs: number, characters: number): string {
    const { answer, schedule, before, after } = lane;
    lane.begun = true;
    let text = '';
    while (lane.nextMs <= nowMs && text.length < characters) {
      const piece = answer.next();
      if (piece) text += before + piece + after;
      if (answer.ended) return text + this.#options.chunks.finish(lane.index, answer.finishReason);
      lane.nextMs = schedule.nextMs();
    }
    return text;
  }

  #write(lane: Lane, text: string): void {
    const { response, trailer, tokensOf } = this.#options;
    if (!lane.answer.ended) {
      // Nothing is said while tokens are held back for a stop sequence.
      if (text !== '') response.write(text);
      return;
    }
    this.#open--;
    if (this.#open > 0) {
      response.write(text);
      return;
    }
    const tokens = (): number => this.#lanes.reduce((sum, { answer }) => sum + tokensOf(answer), 0);
    response.end(text + (trailer?.(tokens()) ?? '') + DONE_EVENT);
    this.#close();
  }

  #wait(lane: Lane): void {
    const { wheel } = this.#options;
    if (lane.deadline) wheel.move(lane.deadline, lane.nextMs);
    else lane.deadline = wheel.at(lane.nextMs, (nowMs) => this.#advance(lane, nowMs));
  }

  /** Stops all choices until the client has read what waits for it. */
  #waitForReader(): void {
    const { response, clock, wheel } = this.#options;
    for (const lane of this.#lanes) if (lane.deadline) wheel.cancel(lane.deadline);
    response.onceDrained(() => {
      const nowMs = clock.nowMs();
      for (const lane of this.#lanes) if (!lane.answer.ended) this.#advance(lane, nowMs);
    });
  }

  #close(): void {
    for (const lane of this.#lanes) {
      if (lane.deadline) this.#options.wheel.cancel(lane.deadline);
      lane.schedule.release();
    }
    this.#options.onClose();
  }
}
