/** A streamed answer: each token is written when the generator says that it is ready. Knows no wire shape. */
import type { EventStream } from '../routing/event-stream.js';
import type { Reply } from '../routing/reply.js';
import type { Endpoint } from '../telemetry/endpoint-kinds.js';
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
  /** The next token will be generated soon, and now is time to: does of it what does not hang on what {@link next} is told. */
  prepare?(): void;
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
  /** Default `chat_completions`. */
  endpoint?: Endpoint;
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
    this.#sequences = new Sequences(this.#open, this, {
      endpoint: options.endpoint ?? 'chat_completions',
      streamed: true,
    });
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

  near(choice: number): void {
    const lane = this.#lanes[choice]!;
    // What the reader has no room for is not made; the first token comes with what opens the choice.
    if (lane.begun && lane.credit === 0 && !this.#waiting) lane.frames.prepare?.();
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
    if (this.#lanes.length > 1) this.#takeTurns();
    else this.#advance(this.#lanes[0]!);
  }

  /** Writes what is ready of all choices, one event of each in turn, as a server makes them side by side. */
  #takeTurns(): void {
    const { response } = this.#options.reply;
    let text = '';
    for (let round = 0, wrote = true; wrote && text.length < BATCH_CHARACTERS; round++) {
      wrote = false;
      for (const lane of this.#lanes) {
        if (lane.credit === 0 || lane.frames.ended) continue;
        wrote = lane.begun = true;
        text += this.#make(lane, 1);
        if (lane.frames.ended && this.#close(lane, text)) return;
      }
      if (round > 0 || text === '') continue;
      // The first tokens are written before others are made, which may take long.
      response.write(text);
      text = '';
    }
    if (text !== '') response.write(text);
    const running = this.#lanes.filter(({ frames }) => !frames.ended);
    const unread = response.waitingBytes > UNREAD_BYTES;
    if (running.length > 0 && (unread || running.some(({ credit }) => credit > 0))) this.#pause(unread);
  }

  /** Writes what is ready. */
  #advance(lane: Lane): void {
    if (lane.credit > 0 && !lane.begun) {
      lane.begun = true;
      // The first token is written before others are made, which may take long.
      this.#write(lane, 1);
    }
    if (lane.credit > 0 && !lane.frames.ended) this.#write(lane, BATCH_CHARACTERS);
    const unread = this.#options.reply.response.waitingBytes > UNREAD_BYTES;
    if ((lane.credit > 0 || unread) && !lane.frames.ended) this.#pause(unread);
  }

  /** Writes the frames of ready tokens, up to about `characters`, in one go. */
  #write(lane: Lane, characters: number): void {
    const text = this.#make(lane, characters);
    if (lane.frames.ended && this.#close(lane, text)) return;
    // Nothing is said while tokens are held back.
    if (text !== '') this.#options.reply.response.write(text);
  }

  /** Makes the frames of ready tokens, up to about `characters`. */
  #make(lane: Lane, characters: number): string {
    const { frames } = lane;
    const usage = this.#sequences.usageOf(lane.choice);
    let text = '';
    while (lane.credit > 0 && text.length < characters) {
      lane.credit--;
      text += frames.next(usage, stepGoesOn(lane));
      if (frames.ended) break;
    }
    return text;
  }

  /**
   * A choice is over, and with the last of them the stream.
   *
   * @param text - what is still to be written; written if this is the end
   * @returns whether it is
   */
  #close(lane: Lane, text: string): boolean {
    this.#sequences.complete(lane.choice);
    if (--this.#open > 0) return false;
    const last = this.#options.end(this.#sequences.usage);
    this.#sequences.end();
    this.#events!.end(text + last);
    return true;
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
