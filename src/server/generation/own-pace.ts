/** Sequences whose own request says how long they take, whatever the others do. */
import type { DeadlineWheel } from '../../lib/deadline-wheel.js';
import type { LatenessHistogram } from '../../lib/lateness.js';
import { FixedEngine } from '../../simulator/latency.js';
import type { Generation, GenerationListener, GenerationRequest, Generator } from './generator.js';
import { PacedGenerator } from './paced.js';

/** How long a sequence takes, in milliseconds of real time. */
export interface OwnPace {
  /** Before it begins at all, and then takes its usual time or that of the other two. */
  readonly delayMs?: number | undefined;
  readonly ttftMs?: number | undefined;
  readonly itlMs?: number | undefined;
}

/** See the file's head. */
export class OwnPaceGenerator implements Generator {
  readonly #others: Generator;
  readonly #wheel: DeadlineWheel;
  readonly #usual: { ttftMs: number; itlMs: number };

  /**
   * @param others - has all other sequences
   * @param usual - for a pace that has only one of both
   */
  constructor(others: Generator, wheel: DeadlineWheel, usual: { ttftMs: number; itlMs: number }) {
    this.#others = others;
    this.#wheel = wheel;
    this.#usual = usual;
  }

  get lateness(): LatenessHistogram {
    return this.#others.lateness;
  }

  start(request: GenerationRequest, listener: GenerationListener): Generation {
    const { pace } = request;
    if (!pace) return this.#others.start(request, listener);
    const { delayMs = 0 } = pace;
    const begin = (): Generation =>
      this.#paced(pace).start({ ...request, arrivalMs: request.arrivalMs + delayMs }, listener);
    return delayMs > 0 ? this.#later(request.arrivalMs + delayMs, begin) : begin();
  }

  readyAtOnce(model: string, promptTokens: number): boolean {
    return this.#others.readyAtOnce?.(model, promptTokens) === true;
  }

  #paced({ ttftMs, itlMs }: OwnPace): Generator {
    if (ttftMs === undefined && itlMs === undefined) return this.#others;
    const { ttftMs: usualTtftMs, itlMs: usualItlMs } = this.#usual;
    const fixed = { ttftMs: ttftMs ?? usualTtftMs, itlMs: itlMs ?? usualItlMs, jitter: 0, seed: 0 };
    return new PacedGenerator(new FixedEngine(fixed), this.#wheel);
  }

  #later(instantMs: number, begin: () => Generation): Generation {
    let begun: Generation | undefined;
    const deadline = this.#wheel.at(instantMs, () => (begun = begin()));
    const end = (how: 'cancel' | 'complete') => (): void => {
      this.#wheel.cancel(deadline);
      begun?.[how]();
    };
    return { cancel: end('cancel'), complete: end('complete') };
  }

  close(): void {
    this.#others.close();
  }
}
