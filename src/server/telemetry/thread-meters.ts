/** What one thread of the server counts; plain data inside, so that it can be sent and added up. */
import { BucketHistogram, type HistogramData } from '../../lib/bucket-histogram.js';
import { COUNTED, DYNAMO } from '../../simulator/telemetry/bounds.js';

/** What an answer used, as it told its client; one per request, whatever its number of choices. */
export interface UsageRecord {
  /** As the request names it. */
  readonly model: string;
  readonly promptTokens: number;
  /** Of these, found in a cache. */
  readonly cachedTokens: number;
  readonly completionTokens: number;
  /** Of these, spent on reasoning. */
  readonly reasoningTokens?: number;
}

/** What became of sequences (choices of requests). */
export const OUTCOMES = [
  'completed',
  'cancelled',
  'queue_full',
  'context_too_long',
  'unavailable',
  'replica_failed',
] as const;

export type Outcome = (typeof OUTCOMES)[number];

/** Totals of one model. */
export interface ModelTotals {
  /** Sequences under way, and those of them without a token so far. */
  active: number;
  queued: number;
  readonly outcomes: Record<Outcome, number>;
  /** Requests answered with usage, and what they used. */
  answers: number;
  promptTokens: number;
  cachedTokens: number;
  completionTokens: number;
  reasoningTokens: number;
  /** Seconds from a sequence's arrival to its first tokens, between two deliveries of tokens, and to its end. */
  readonly ttftS: HistogramData;
  readonly itlS: HistogramData;
  readonly durationS: HistogramData;
  readonly promptSizes: HistogramData;
  readonly completionSizes: HistogramData;
  /** Cached prompt tokens of each answer. */
  readonly cachedSizes: HistogramData;
}

/** Totals of one route. */
export interface RouteTotals {
  /** Answers by status; 499 where the client went before the answer was complete. */
  readonly statuses: Record<number, number>;
  readonly durationS: HistogramData;
}

/** Everything that a thread has counted. */
export interface MeterData {
  readonly models: ReadonlyMap<string, ModelTotals>;
  /** By method and path of the route, such as `POST /chat/completions`. */
  readonly routes: ReadonlyMap<string, RouteTotals>;
}

/** Model names that get totals of their own; requests may name any model, and memory is bounded. */
const MOST_MODELS = 500;
const OTHER_MODELS = 'other';
/** Requests that no route answers. */
export const NO_ROUTE = 'none';

/** Bounds of HTTP durations, in seconds. */
const DURATION_S = COUNTED.e2eS;

/** A model's totals, with histograms that can be added to. */
export class ModelMeter implements ModelTotals {
  active = 0;
  queued = 0;
  readonly outcomes = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
  answers = 0;
  promptTokens = 0;
  cachedTokens = 0;
  completionTokens = 0;
  reasoningTokens = 0;
  readonly ttftS = new BucketHistogram(COUNTED.ttftS);
  readonly itlS = new BucketHistogram(COUNTED.itlS);
  readonly durationS = new BucketHistogram(DURATION_S);
  readonly promptSizes = new BucketHistogram(COUNTED.promptTokens);
  readonly completionSizes = new BucketHistogram(COUNTED.generationTokens);
  readonly cachedSizes = new BucketHistogram(DYNAMO.inputTokens);

  merge(other: ModelTotals): void {
    for (const key of COUNTS) this[key] += other[key];
    for (const outcome of OUTCOMES) this.outcomes[outcome] += other.outcomes[outcome];
    for (const key of HISTOGRAMS) this[key].merge(other[key]);
  }
}

const COUNTS = [
  'active',
  'queued',
  'answers',
  'promptTokens',
  'cachedTokens',
  'completionTokens',
  'reasoningTokens',
] as const;
const HISTOGRAMS = ['ttftS', 'itlS', 'durationS', 'promptSizes', 'completionSizes', 'cachedSizes'] as const;

class RouteMeter implements RouteTotals {
  readonly statuses: Record<number, number> = {};
  readonly durationS = new BucketHistogram(DURATION_S);

  merge(other: RouteTotals): void {
    for (const [status, count] of Object.entries(other.statuses)) this.add(Number(status), count);
    this.durationS.merge(other.durationS);
  }

  add(status: number, count: number): void {
    this.statuses[status] = (this.statuses[status] ?? 0) + count;
  }
}

/** See the file's head. Also what threads are added up in. */
export class ThreadMeters implements MeterData {
  readonly models = new Map<string, ModelMeter>();
  readonly routes = new Map<string, RouteMeter>();

  /** The totals of a model. */
  model(name: string): ModelMeter {
    let meter = this.models.get(name);
    if (meter) return meter;
    if (this.models.size >= MOST_MODELS && name !== OTHER_MODELS) return this.model(OTHER_MODELS);
    meter = new ModelMeter();
    this.models.set(name, meter);
    return meter;
  }

  /** A request was answered, or given up by its client (status 499). */
  answered(route: string, status: number, durationMs: number): void {
    const meter = this.#route(route);
    meter.add(status, 1);
    meter.durationS.observe(durationMs / 1000);
  }

  #route(route: string): RouteMeter {
    let meter = this.routes.get(route);
    if (!meter) this.routes.set(route, (meter = new RouteMeter()));
    return meter;
  }

  /** An answer told its client what it used. */
  account(usage: UsageRecord): void {
    const meter = this.model(usage.model);
    meter.answers++;
    meter.promptTokens += usage.promptTokens;
    meter.cachedTokens += usage.cachedTokens;
    meter.completionTokens += usage.completionTokens;
    meter.reasoningTokens += usage.reasoningTokens ?? 0;
    meter.promptSizes.observe(usage.promptTokens);
    meter.completionSizes.observe(usage.completionTokens);
    meter.cachedSizes.observe(usage.cachedTokens);
  }

  /** Adds what another thread counted. */
  merge(other: MeterData): void {
    for (const [name, totals] of other.models) this.model(name).merge(totals);
    for (const [route, totals] of other.routes) this.#route(route).merge(totals);
  }
}
