/** A streamed answer: each token is written when the generator says that it is ready. Knows no wire shape. */
import type { EventStream } from '../routing/event-stream.js';
import type { Reply } from '../routing/reply.js';
import type { GenerationFailure, GenerationRequest, GenerationUsage, Generator } from './generator.js';
import { Sequences, type SequencesOwner } from './sequences.js';

/** Makes the frames of one choice, token by token. */
export interface FrameSource {
  /**
   * Generates one token.
   *
   * @param usage - what the choice used so far; complete with its last token, when `outputTokens` was given
   * @param more - the next token was made in the same step, so that both belong into one event. It comes at once; where it would begin
   *   an event of its own kind, what was held back goes before it
   * @returns what is written for it, as Latin-1 text: what opens the choice with the first, what closes it with the last;
   *   nothing while the token is held back
   */
  next(usage: GenerationUsage, more: boolean): string;
  /** Whether the last token has been generated. */
  readonly ended: boolean;
}

/** One choice to stream. */
export interface StreamChoice {
  request: GenerationRequest;
  frames: FrameSource;
}

/** What a {@link TokenStream} is made of. Frames are whole events, as Latin-1 text. */
export interface TokenStreamOptions {
  reply: Reply;
  generator: Generator;
  choices: readonly StreamChoice[];
  /** Makes the frames before the first token, which are written as soon as all choices are taken in. Default none. */
  open?: () => string;
  /** Makes the frames after the last token of all choices. */
  end: (usage: GenerationUsage) => string;
  /** Makes the error in place of the stream, when nothing has been written. */
  refuse: (failure: GenerationFailure) => Error;
  /** Makes the frames that close a stream which broke after it had begun. */
  broken: (failure: GenerationFailure) => string;
}

/** Most characters that are made at once; then others get their turn. */
const BATCH_CHARACTERS = 64 * 1024;
/** Bytes that the client has not read beyond which no more frames are made until it has. Credit goes on growing. */
const UNREAD_BYTES = 128 * 1024;

interface Lane {
  readonly frames: FrameSource;
  readonly choice: number;
  /** Tokens that are ready and not written. */
  credit: number;
  begun: boolean;
  /** Tokens written, and those that became ready so far. */
  written: number;
  ready: number;
  /** Where tokens of one step end, counted like these, in order; those of steps with one token are left out. */
  readonly steps: { from: number; to: number }[];
}

/** Counts a token out; whether the one after it is of the same step. */
function stepGoesOn(lane: Lane): boolean {
  const token = lane.written++;
  const [step] = lane.steps;
  if (!step || token < step.from) return false;
  if (token + 1 < step.to) return true;
  lane.steps.shift();
  return false;
}

/** See the file's head. */
export class TokenStream implements SequencesOwner {
  readonly #options: TokenStreamOptions;
  readonly #sequences: Sequences;
  readonly #lanes: readonly Lane[];
  #open: number;
  /** Once it has begun. */
  #events: EventStream | undefined;
  /** Nothing is written until the reader, or other streams, had their turn. */
  #waiting = false;

  constructor(options: TokenStreamOptions) {
    this.#options = options;
    this.#lanes = options.choices.map(({ frames }, choice) => ({
      frames,
      choice,
      credit: 0,
      begun: false,
      written: 0,
      ready: 0,
      steps: [],
    }));
    this.#open = this.#lanes.length;
    this.#sequences = new Sequences(this.#open, this);
  }

  /** Hands the choices to the generator; what is ready already is written at once. */
  start(): void {
    const { reply, generator, choices } = this.#options;
    reply.onAbort(() => this.#sequences.cancel());
    this.#sequences.start(
      generator,
      choices.map(({ request }) => request),
    );
  }

  accepted(): void {
    const { reply, open } = this.#options;
    this.#events = reply.events();
    if (open) reply.response.write(open());
    this.#advanceAll();
  }

  tokens(choice: number, count: number, together: boolean): void {
    const lane = this.#lanes[choice]!;
    lane.credit += count;
    if (together && count > 1) lane.steps.push({ from: lane.ready, to: lane.ready + count });
    lane.ready += count;
    if (this.#events && !this.#waiting) this.#advance(lane);
  }

  finished(): void {
    // The frames know their own end; credit that they do not use is void.
  }

  failed(failure: GenerationFailure): void {
    const { reply, refuse, broken } = this.#options;
    if (this.#events) this.#events.end(broken(failure));
    else reply.fail(refuse(failure));
  }

  #advanceAll(): void {
    for (const lane of this.#lanes) if (!this.#waiting) this.#advance(lane);
  }

  /** Writes what is ready. */
  #advance(lane: Lane): void {
    if (lane.credit > 0 && !lane.begun) {
      lane.begun = true;
      // The first token goes out alone: nothing that follows may delay it.
      this.#write(lane, 1);
    }
    if (lane.credit > 0 && !lane.frames.ended) this.#write(lane, BATCH_CHARACTERS);
    const unread = this.#options.reply.response.waitingBytes > UNREAD_BYTES;
    if ((lane.credit > 0 || unread) && !lane.frames.ended) this.#pause(unread);
  }

  /** Writes the frames of ready tokens, up to about `characters`, in one go. */
  #write(lane: Lane, characters: number): void {
    const { frames } = lane;
    const usage = this.#sequences.usageOf(lane.choice);
    let text = '';
    while (lane.credit > 0 && text.length < characters) {
      lane.credit--;
      text += frames.next(usage, stepGoesOn(lane));
      if (frames.ended) break;
    }
    const { response } = this.#options.reply;
    if (!frames.ended) {
      // Nothing is said while tokens are held back.
      if (text !== '') response.write(text);
      return;
    }
    this.#sequences.complete(lane.choice);
    if (--this.#open > 0) {
      if (text !== '') response.write(text);
      return;
    }
    const last = this.#options.end(this.#sequences.usage);
    this.#sequences.cancel();
    this.#events!.end(text + last);
  }

  /** Stops writing until the client has read what waits for it, or for a turn when nothing does. */
  #pause(forReader: boolean): void {
    const { response } = this.#options.reply;
    if (response.done) return;
    this.#waiting = true;
    const goOn = (): void => {
      this.#waiting = false;
      if (!this.#sequences.over) this.#advanceAll();
    };
    if (forReader) response.onceDrained(goOn);
    else setImmediate(goOn);
  }
}
