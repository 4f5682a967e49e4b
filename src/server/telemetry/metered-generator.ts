/** Times every sequence on its way from a generator to a protocol, whichever they are. */
import type { Clock } from '../../lib/clock.js';
import type { LatenessHistogram } from '../../lib/lateness.js';
import type {
  Generation,
  GenerationFailure,
  GenerationListener,
  GenerationRequest,
  GenerationUsage,
  Generator,
  RequestKind,
} from '../generation/generator.js';
import { sameWork } from '../store/commit-note.js';
import type { ModelMeter, Outcome } from './model-meter.js';
import type { ThreadMeters } from './thread-meters.js';

/** See the file's head. */
export class MeteredGenerator implements Generator {
  readonly #inner: Generator;
  readonly #meters: ThreadMeters;
  readonly #clock: Clock;

  constructor(inner: Generator, meters: ThreadMeters, clock: Clock) {
    this.#inner = inner;
    this.#meters = meters;
    this.#clock = clock;
  }

  get lateness(): LatenessHistogram {
    return this.#inner.lateness;
  }

  start(request: GenerationRequest, listener: GenerationListener): Generation {
    const metered = new MeteredGeneration(
      request,
      inSameWork(listener),
      this.#meters.model(request.model),
      this.#clock,
    );
    metered.generation = this.#inner.start(request, metered);
    return metered;
  }

  readyAtOnce(model: string, promptTokens: number): boolean {
    return this.#inner.readyAtOnce?.(model, promptTokens) === true;
  }

  takeAtOnce({ model, arrivalMs }: GenerationRequest): void {
    this.#meters.model(model).completedAtOnce((this.#clock.nowMs() - arrivalMs) / 1000);
  }

  lost(model: string, kind: RequestKind, why: GenerationFailure | 'cancelled'): void {
    this.#meters.model(model).lost(kind, why);
  }

  close(): void {
    this.#inner.close();
  }
}

class MeteredGeneration implements Generation, GenerationListener {
  readonly #arrivalMs: number;
  readonly #listener: GenerationListener;
  readonly #meter: ModelMeter;
  readonly #clock: Clock;
  /** Undefined while it is being started. */
  generation: Generation | undefined;
  #lastMs = Number.NaN;
  /** Of the latest tokens; what ends with them ends when they came. */
  #lastReadyMs = Number.NaN;
  #over = false;

  constructor(request: GenerationRequest, listener: GenerationListener, meter: ModelMeter, clock: Clock) {
    this.#arrivalMs = request.arrivalMs;
    this.#listener = listener;
    this.#meter = meter;
    this.#clock = clock;
    meter.begun();
  }

  onAccepted(): void {
    this.#listener.onAccepted();
  }

  onTokens(count: number, usage: GenerationUsage, readyMs: number, together?: boolean): void {
    const nowMs = this.#clock.nowMs();
    if (Number.isNaN(this.#lastMs)) {
      this.#meter.unqueued();
      this.#meter.ttftS.observe((nowMs - this.#arrivalMs) / 1000);
    } else this.#meter.itlS.observe((nowMs - this.#lastMs) / 1000);
    this.#lastMs = nowMs;
    this.#lastReadyMs = readyMs;
    this.#listener.onTokens(count, usage, readyMs, together);
  }

  onNear(): void {
    this.#listener.onNear?.();
  }

  onFinished(usage: GenerationUsage, readyMs: number): void {
    this.#end('completed', readyMs === this.#lastReadyMs ? this.#lastMs : undefined);
    this.#listener.onFinished(usage, readyMs);
  }

  onFailed(failure: GenerationFailure): void {
    this.#end(failure);
    this.#listener.onFailed(failure);
  }

  cancel(): void {
    this.#end('cancelled');
    this.generation?.cancel();
  }

  complete(): void {
    this.#end('completed');
    this.generation?.complete();
  }

  #end(outcome: Outcome, nowMs?: number): void {
    if (this.#over) return;
    this.#over = true;
    if (Number.isNaN(this.#lastMs)) this.#meter.unqueued();
    this.#meter.ended(outcome);
    this.#meter.durationS.observe(((nowMs ?? this.#clock.nowMs()) - this.#arrivalMs) / 1000);
  }
}

/** Whoever calls it: what is stored at the end of an answer is the work of its request. */
function inSameWork(listener: GenerationListener): GenerationListener {
  const bind = sameWork();
  return bind === undefined
    ? listener
    : {
        onAccepted: bind(() => listener.onAccepted()),
        onTokens: bind((...given) => listener.onTokens(...given)),
        onNear: () => listener.onNear?.(),
        onFinished: bind((...given) => listener.onFinished(...given)),
        onFailed: bind((failure) => listener.onFailed(failure)),
      };
}
