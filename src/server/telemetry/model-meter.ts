/** What a thread counts of one model, as one list of numbers. */
import { type HistogramData, HistogramOver } from '../../lib/bucket-histogram.js';
import { COUNTED, COUNTED_FINELY, DYNAMO } from '../../simulator/telemetry/bounds.js';
import {
  type Endpoint,
  type EndpointAnswers,
  type EndpointLosses,
  ENDPOINTS,
  type Loss,
  LOSSES,
} from './endpoint-kinds.js';

/** What became of sequences (choices of requests). */
export const OUTCOMES = ['completed', ...LOSSES] as const;

export type Outcome = (typeof OUTCOMES)[number];

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
  /** Default `chat_completions`. */
  readonly endpoint?: Endpoint;
  /** It was streamed. Default false. */
  readonly streamed?: boolean;
}

/** Totals of one model. */
export interface ModelTotals {
  /** Sequences under way, and those of them without a token so far. */
  readonly active: number;
  readonly queued: number;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  /** Requests answered with usage, and what they used. */
  readonly answers: number;
  /** The same by kind of endpoint; kinds without any are left out. */
  readonly endpoints: readonly EndpointAnswers[];
  /** Requests that began and were not answered; kinds without any are left out. */
  readonly losses: readonly EndpointLosses[];
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly completionTokens: number;
  readonly reasoningTokens: number;
  /** Seconds from a sequence's arrival to its first tokens, between two deliveries of tokens, and to its end. */
  readonly ttftS: HistogramData;
  readonly itlS: HistogramData;
  readonly durationS: HistogramData;
  readonly promptSizes: HistogramData;
  readonly completionSizes: HistogramData;
  /** Cached prompt tokens of each answer. */
  readonly cachedSizes: HistogramData;
}

/** Places of the numbers; outcomes, answers, caches and losses by endpoint, and histograms come behind them. */
const AT = {
  active: 0,
  queued: 1,
  answers: 2,
  promptTokens: 3,
  cachedTokens: 4,
  completionTokens: 5,
  reasoningTokens: 6,
} as const;
const FIRST_OUTCOME = Object.keys(AT).length;
const FIRST_ENDPOINT = FIRST_OUTCOME + OUTCOMES.length;
/** Of each endpoint two: in one piece and streamed. */
const FIRST_CACHE = FIRST_ENDPOINT + 2 * ENDPOINTS.length;
/** Of each endpoint three: answers with cached tokens, prompt tokens, cached tokens. */
const FIRST_LOSS = FIRST_CACHE + 3 * ENDPOINTS.length;
/** Of each loss as many as there are answers by endpoint. */
const FIRST_HISTOGRAM = FIRST_LOSS + 2 * ENDPOINTS.length * LOSSES.length;

const placesOf = <T extends string>(names: readonly T[]): Readonly<Record<T, number>> =>
  Object.fromEntries(names.map((name, place) => [name, place])) as Record<T, number>;
/** Places in the lists of names: to search these takes longer than all else that is counted of an answer. */
const PLACES = { endpoint: placesOf(ENDPOINTS), outcome: placesOf(OUTCOMES) };

const placeOf = (endpoint: Endpoint, streamed: boolean): number =>
  2 * PLACES.endpoint[endpoint] + (streamed ? 1 : 0);
const lossAt = (loss: number, endpoint: Endpoint, streamed: boolean): number =>
  FIRST_LOSS + 2 * ENDPOINTS.length * loss + placeOf(endpoint, streamed);
/** In the order of their numbers. */
const LOSS_KINDS = LOSSES.flatMap((why) =>
  ENDPOINTS.flatMap((endpoint) => [false, true].map((streamed) => ({ endpoint, streamed, why }))),
);
/** Bounds of the histograms, in the order of their numbers. */
const BOUNDS = {
  ttftS: COUNTED_FINELY.ttftS,
  itlS: COUNTED_FINELY.itlS,
  durationS: COUNTED_FINELY.e2eS,
  promptSizes: COUNTED.promptTokens,
  completionSizes: COUNTED.generationTokens,
  cachedSizes: DYNAMO.inputTokens,
} as const;

/** See the file's head. */
export class ModelMeter implements ModelTotals {
  /** Numbers that one takes. */
  static readonly length = Object.values(BOUNDS).reduce(
    (length, bounds) => length + HistogramOver.lengthOf(bounds),
    FIRST_HISTOGRAM,
  );

  readonly #numbers: Float64Array;
  readonly ttftS: HistogramOver;
  readonly itlS: HistogramOver;
  readonly durationS: HistogramOver;
  readonly promptSizes: HistogramOver;
  readonly completionSizes: HistogramOver;
  readonly cachedSizes: HistogramOver;

  /** @param numbers - where it counts; own memory by default */
  constructor(numbers: Float64Array = new Float64Array(ModelMeter.length)) {
    this.#numbers = numbers;
    let at = FIRST_HISTOGRAM;
    const over = (name: keyof typeof BOUNDS): HistogramOver => {
      const from = at;
      at += HistogramOver.lengthOf(BOUNDS[name]);
      return new HistogramOver(BOUNDS[name], numbers.subarray(from, at));
    };
    this.ttftS = over('ttftS');
    this.itlS = over('itlS');
    this.durationS = over('durationS');
    this.promptSizes = over('promptSizes');
    this.completionSizes = over('completionSizes');
    this.cachedSizes = over('cachedSizes');
  }

  get active(): number {
    return this.#numbers[AT.active]!;
  }

  get queued(): number {
    return this.#numbers[AT.queued]!;
  }

  get answers(): number {
    return this.#numbers[AT.answers]!;
  }

  get endpoints(): EndpointAnswers[] {
    const numbers = this.#numbers;
    return ENDPOINTS.map((endpoint, i) => {
      const at = FIRST_ENDPOINT + 2 * i;
      const cacheAt = FIRST_CACHE + 3 * i;
      return {
        endpoint,
        unary: numbers[at]!,
        streamed: numbers[at + 1]!,
        cached: numbers[cacheAt]!,
        promptTokens: numbers[cacheAt + 1]!,
        cachedTokens: numbers[cacheAt + 2]!,
      };
    }).filter(({ unary, streamed }) => unary + streamed > 0);
  }

  get losses(): EndpointLosses[] {
    const losses: EndpointLosses[] = [];
    for (let at = FIRST_LOSS; at < FIRST_HISTOGRAM; at++) {
      const count = this.#numbers[at]!;
      if (count > 0) losses.push({ ...LOSS_KINDS[at - FIRST_LOSS]!, count });
    }
    return losses;
  }

  /** Requests that were not answered for this reason. */
  lossesOf(why: Loss): number {
    const from = lossAt(LOSSES.indexOf(why), ENDPOINTS[0], false);
    let count = 0;
    for (let i = 0; i < 2 * ENDPOINTS.length; i++) count += this.#numbers[from + i]!;
    return count;
  }

  get promptTokens(): number {
    return this.#numbers[AT.promptTokens]!;
  }

  get cachedTokens(): number {
    return this.#numbers[AT.cachedTokens]!;
  }

  get completionTokens(): number {
    return this.#numbers[AT.completionTokens]!;
  }

  get reasoningTokens(): number {
    return this.#numbers[AT.reasoningTokens]!;
  }

  get outcomes(): Record<Outcome, number> {
    const counts = OUTCOMES.map((outcome) => [outcome, this.endedAs(outcome)] as const);
    return Object.fromEntries(counts) as Record<Outcome, number>;
  }

  /** Sequences that ended so. */
  endedAs(outcome: Outcome): number {
    return this.#numbers[FIRST_OUTCOME + OUTCOMES.indexOf(outcome)]!;
  }

  /** Requests of a kind of endpoint that were answered with usage. */
  answersAt(endpoint: Endpoint, streamed: boolean): number {
    return this.#numbers[FIRST_ENDPOINT + placeOf(endpoint, streamed)]!;
  }

  /** Requests of a kind of endpoint that were not answered, by why. */
  lossesAt({ endpoint, streamed, why }: Omit<EndpointLosses, 'count'>): number {
    return this.#numbers[lossAt(LOSSES.indexOf(why), endpoint, streamed)]!;
  }

  /** How many kinds of answers and losses by endpoint there have been. */
  get endpointKinds(): number {
    let kinds = 0;
    for (let at = FIRST_ENDPOINT; at < FIRST_CACHE; at++) if (this.#numbers[at]! > 0) kinds++;
    for (let at = FIRST_LOSS; at < FIRST_HISTOGRAM; at++) if (this.#numbers[at]! > 0) kinds++;
    return kinds;
  }

  /** A sequence begins. */
  begun(): void {
    this.#numbers[AT.active]!++;
    this.#numbers[AT.queued]!++;
  }

  /** It has its first token, or will never have one. */
  unqueued(): void {
    this.#numbers[AT.queued]!--;
  }

  /** It has ended. */
  ended(outcome: Outcome): void {
    this.#numbers[AT.active]!--;
    this.#numbers[FIRST_OUTCOME + PLACES.outcome[outcome]]!++;
  }

  /** A sequence that took no time began and ended: what the three above, and the histograms, say of one with all its tokens at once. */
  completedAtOnce(seconds: number): void {
    this.#numbers[FIRST_OUTCOME + PLACES.outcome.completed]!++;
    this.ttftS.observe(seconds);
    this.durationS.observe(seconds);
  }

  /** An answer told its client what it used. */
  account(usage: UsageRecord): void {
    const { promptTokens, cachedTokens, completionTokens, reasoningTokens = 0 } = usage;
    const { endpoint = 'chat_completions', streamed = false } = usage;
    const numbers = this.#numbers;
    numbers[AT.answers]!++;
    numbers[FIRST_ENDPOINT + placeOf(endpoint, streamed)]!++;
    const cacheAt = FIRST_CACHE + 3 * PLACES.endpoint[endpoint];
    if (cachedTokens > 0) numbers[cacheAt]!++;
    numbers[cacheAt + 1]! += promptTokens;
    numbers[cacheAt + 2]! += cachedTokens;
    numbers[AT.promptTokens]! += promptTokens;
    numbers[AT.cachedTokens]! += cachedTokens;
    numbers[AT.completionTokens]! += completionTokens;
    numbers[AT.reasoningTokens]! += reasoningTokens;
    this.promptSizes.observe(promptTokens);
    this.completionSizes.observe(completionTokens);
    this.cachedSizes.observe(cachedTokens);
  }

  /** A request will not be answered, or not to its end. */
  lost({ endpoint, streamed }: Pick<EndpointLosses, 'endpoint' | 'streamed'>, why: Loss): void {
    this.#numbers[lossAt(LOSSES.indexOf(why), endpoint, streamed)]!++;
  }

  /** Adds what another thread counted. */
  merge(other: ModelMeter): void {
    for (let i = 0; i < ModelMeter.length; i++) this.#numbers[i]! += other.#numbers[i]!;
  }

  /** Sets all numbers to 0. */
  reset(): void {
    this.#numbers.fill(0);
  }

  /** What was under way is lost. */
  resetGauges(): void {
    this.#numbers[AT.active] = 0;
    this.#numbers[AT.queued] = 0;
  }
}
