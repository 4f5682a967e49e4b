/** A generator whose every move a test decides, and a response whose reader it plays. */
import { LatenessHistogram } from '../../src/lib/lateness.js';
import {
  type GenerationFailure,
  type GenerationListener,
  type GenerationRequest,
  type GenerationUsage,
  type Generator,
  NO_USAGE,
} from '../../src/server/generation/generator.js';
import type { FrameSource } from '../../src/server/generation/token-stream.js';
import { HttpResponse } from '../../src/server/http/response.js';
import { Reply } from '../../src/server/routing/reply.js';

/** One sequence that was begun. */
interface Started {
  request: GenerationRequest;
  listener: GenerationListener;
  cancelled: boolean;
  completed: boolean;
}

export class ScriptedGenerator implements Generator {
  readonly lateness = new LatenessHistogram();
  readonly started: Started[] = [];

  start(request: GenerationRequest, listener: GenerationListener): { cancel(): void; complete(): void } {
    const started = { request, listener, cancelled: false, completed: false };
    this.started.push(started);
    return {
      cancel: () => (started.cancelled = !started.completed),
      complete: () => (started.completed = true),
    };
  }

  accept(): void {
    for (const { listener } of this.started) listener.onAccepted();
  }

  tokens(choice: number, count: number, usage: GenerationUsage = NO_USAGE): void {
    this.started[choice]!.listener.onTokens(count, usage, 0);
  }

  near(choice: number): void {
    this.started[choice]!.listener.onNear?.();
  }

  /** Tokens of one step. */
  step(choice: number, count: number): void {
    this.started[choice]!.listener.onTokens(count, NO_USAGE, 0, true);
  }

  finish(choice: number, usage: GenerationUsage = NO_USAGE): void {
    this.started[choice]!.listener.onFinished(usage, 0);
  }

  fail(choice: number, failure: GenerationFailure): void {
    this.started[choice]!.listener.onFailed(failure);
  }

  close(): void {}
}

export const generationRequest = (choice = 0, more: Partial<GenerationRequest> = {}): GenerationRequest => ({
  digest: { high: 1, low: 2 },
  choice,
  arrivalMs: 0,
  model: 'm',
  promptTokens: 10,
  maxTokens: 100,
  ...more,
});

/**
 * The frames of a choice of `tokens` tokens: `a0. a1. a2.` and so on, with a plus where the next is of the same step, and an
 * exclamation mark before those that were prepared.
 */
export function frames(name: string, tokens: number): FrameSource {
  let made = 0;
  let prepared = false;
  return {
    prepare: () => void (prepared = true),
    next: ({ cachedTokens }, more) => {
      const before = prepared ? '!' : '';
      prepared = false;
      return `${before}${name}${made++}${cachedTokens > 0 ? `/${cachedTokens}` : ''}${more ? '+' : '.'}`;
    },
    get ended() {
      return made >= tokens;
    },
  };
}

/** A reply, what was written through it, and a client that reads when the test says so. */
export class ReplyProbe {
  writes: string[] = [];
  unreadBytes = 0;
  streams = 0;
  errors: unknown[] = [];
  ended = false;
  readonly response: HttpResponse;
  readonly reply: Reply;

  constructor() {
    const unreadBytes = (): number => this.unreadBytes;
    this.response = new HttpResponse(
      {
        write: (text) => void this.writes.push(text),
        writeBytes: () => {},
        finished: () => (this.ended = true),
        destroy: () => {},
        upgrade: () => undefined,
        draining: false,
        get writableLength() {
          return unreadBytes();
        },
      },
      undefined,
      0,
    );
    const owner = {
      commonHeaders: () => '',
      countStream: (change: 1 | -1) => void (this.streams += change),
    };
    this.reply = new Reply(owner, this.response, (error) => void this.errors.push(error));
  }

  /** The bodies of all chunks written since the last call, heads left out. */
  take(): string[] {
    const writes = this.writes.splice(0).filter((text) => !text.startsWith('HTTP/'));
    return writes.map((text) => text.replace(/(^|\r\n)[0-9a-f]+\r\n/g, '').replace(/\r\n/g, ''));
  }
}
