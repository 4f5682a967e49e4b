/** The books of one lane: what becomes of its requests, in figures. */
import type { Clock } from '../lib/clock.js';
import { countsTokens, endpointOf, generatesText } from '../lib/endpoint-kinds.js';
import type { TextTokenizer } from '../lib/tokens/text-tokenizer.js';
import type { ErrorKind } from '../results/error-kinds.js';
import type { TokenSource } from '../results/metrics.js';
import type { Plan } from '../workloads/plan.js';
import { hasSessions } from '../workloads/session-shape.js';
import { Afterwork } from './afterwork.js';
import type { Flight } from './flight.js';
import type { LaneWatch } from './lane-watch.js';
import { recordOf, type Ending } from './record-of.js';
import { Recorder } from './recorder.js';
import type { RequestLog } from './request-log.js';
import { emptyRequest } from './request-values.js';

/** What a ledger works with. */
export interface LedgerOptions {
  plan: Plan;
  watch: LaneWatch;
  clock: Clock;
  /** Opens the tokenizer of the plan, if it has one. */
  tokenizer?: (() => TextTokenizer) | undefined;
  /** Where requests are written down, if they are, and under which name. */
  log?: { to: RequestLog; target: string; load: number | undefined } | undefined;
}

/** Keeps the recorder and the watch of a lane. Warm-up requests are in the watch and nowhere else. */
export class Ledger {
  readonly recorder: Recorder;
  readonly #watch: LaneWatch;
  readonly #lengthForced: boolean;
  readonly #sessions: boolean;
  /** Whether answers are counted in tokens. */
  readonly #counted: boolean;
  /** Whether an answer must have text. */
  readonly #generates: boolean;
  /** Whether items are seconds of sound. */
  readonly #sounds: boolean;
  /** Used again for each. */
  readonly #request = emptyRequest();

  readonly #tokenizer: (() => TextTokenizer) | undefined;
  readonly #countsAll: boolean;
  readonly #log: LedgerOptions['log'];
  readonly #afterwork: Afterwork;
  #startMs = 0;

  constructor({ plan, watch, clock, tokenizer, log }: LedgerOptions) {
    this.recorder = new Recorder(undefined, plan.goodput);
    this.#afterwork = new Afterwork(clock);
    this.#tokenizer = tokenizer;
    this.#countsAll = plan.tokenizer?.counts === 'always';
    this.#log = log;
    this.#watch = watch;
    this.#lengthForced = plan.ignoreEos;
    this.#sessions = hasSessions(plan.workload);
    this.#counted = countsTokens(plan.endpoint);
    this.#generates = generatesText(plan.endpoint);
    this.#sounds = endpointOf(plan.endpoint).items === 'audio seconds';
  }

  /** The run starts at this instant. */
  start(startMs: number): void {
    this.#startMs = startMs;
    this.#watch.start(startMs);
  }

  launched({ measured, intendedMs, sentMs }: Flight): void {
    const { counters } = this.recorder;
    if (measured) {
      counters.sent++;
      if (!Number.isNaN(intendedMs)) {
        this.recorder.lateness(sentMs - intendedMs);
        this.#watch.watched('lateness', sentMs - intendedMs);
      }
    } else counters.warmup++;
    this.#watch.sent(intendedMs, sentMs, measured);
  }

  /** An attempt failed that another one follows: what it cost is in the books, but the request has not ended. */
  attemptFailed(flight: Flight, kind: ErrorKind, message: string, atMs: number): void {
    this.#left(flight, atMs);
    if (flight.measured) this.recorder.retried(kind, message);
    this.#writeDown(flight, { outcome: 'repeated', atMs, kind, message });
  }

  /** Another attempt was written. */
  relaunched({ sentMs }: Flight): void {
    this.#watch.sent(Number.NaN, sentMs, false);
  }

  /** The run ended between two attempts. */
  cutBetween({ measured }: Flight): void {
    if (measured) this.recorder.incomplete();
  }

  /** A chunk came. */
  chunk({ measured }: Flight, atMs: number, gapMs: number): void {
    this.#watch.tokens(1, atMs);
    if (!Number.isNaN(gapMs)) this.#watch.latency('itl', gapMs, atMs, measured);
  }

  /** The answer is complete. */
  completed(flight: Flight, endMs: number): void {
    const { reader, sentMs, measured } = flight;
    const { usage, chunks } = reader;
    this.#left(flight, endMs);
    this.#watch.completed(endMs);
    // Live, chunks stand for tokens until the server says how many there really were.
    if (usage?.outputTokens !== undefined) this.#watch.tokens(usage.outputTokens - chunks.count, endMs);
    this.#watch.latency('e2e', endMs - sentMs, endMs, measured);
    if (chunks.count > 0) this.#watch.latency('ttft', chunks.firstMs - sentMs, chunks.firstMs, measured);
    if (usage) this.#watch.prompt(usage.inputTokens ?? 0, usage.cachedTokens ?? 0, endMs);
    if (measured) this.#watchMore(flight, endMs);
    if (measured) this.#compare(flight);
    else if (!this.#log) return;
    const needed = this.#countsAll || usage?.outputTokens === undefined;
    if (this.#tokenizer && needed && this.#counted) this.#afterwork.add(() => this.#count(flight, endMs));
    else this.#record(flight, endMs, undefined);
  }

  #watchMore({ sentMs, intendedMs, firstByteMs }: Flight, endMs: number): void {
    this.#watch.watched('ttfb', firstByteMs - sentMs);
    if (!Number.isNaN(intendedMs)) this.#watch.watched('response_time', endMs - intendedMs);
  }

  /** Finishes what could wait. */
  settle(): void {
    this.#afterwork.settle();
  }

  failed(flight: Flight, kind: ErrorKind, message: string, atMs: number): void {
    this.#left(flight, atMs);
    this.#watch.failed(kind, atMs);
    if (flight.measured) this.recorder.failed(kind, message, flight.sentMs, atMs);
    this.#writeDown(flight, { outcome: 'failed', atMs, kind, message });
  }

  /** Given up on purpose. */
  cancelled(flight: Flight, atMs: number): void {
    this.#left(flight, atMs);
    if (flight.measured) this.recorder.counters.cancelled++;
    this.#writeDown(flight, { outcome: 'cancelled', atMs });
  }

  /** Cut off at the end of the run. */
  cut(flight: Flight, atMs: number): void {
    this.#left(flight, atMs);
    if (flight.measured) this.recorder.incomplete();
    this.#writeDown(flight, { outcome: 'incomplete', atMs });
  }

  #left({ measured, reader, sending }: Flight, atMs: number): void {
    this.#watch.left(atMs);
    if (!measured) return;
    this.recorder.counters.bytesReceived += reader.bytes;
    const opening = sending?.opening;
    if (!opening) return;
    const openMs =
      (Number.isNaN(opening.secureMs) ? opening.connectedMs : opening.secureMs) - opening.startMs;
    if (!Number.isNaN(openMs)) this.recorder.connected(openMs);
  }

  /** Whether the request was what the plan wanted, as far as the server says. */
  #compare({ reader: { usage }, inputTokens, outputTokens }: Flight): void {
    const { counters } = this.recorder;
    if (usage?.inputTokens !== undefined) {
      counters.plannedInputTokens += inputTokens;
      counters.reportedInputTokens += usage.inputTokens;
    }
    const answered = usage?.outputTokens;
    if (answered === undefined || outputTokens === 0) return;
    if (answered > outputTokens || (this.#lengthForced && answered < outputTokens)) counters.offLength++;
  }

  #count(flight: Flight, endMs: number): void {
    const { text } = flight.reader;
    this.#record(flight, endMs, text === undefined ? undefined : this.#tokenizer?.().count(text));
  }

  /** @param tokenized - output tokens, if they were counted */
  #record(flight: Flight, endMs: number, tokenized: number | undefined): void {
    const reported = flight.reader.usage?.outputTokens;
    const chunks = flight.reader.streamed && this.#counted ? flight.reader.chunks.count : Number.NaN;
    // Without usage, tokenizer and stream nothing tells how long the answer is.
    const outputTokens = reported ?? tokenized ?? chunks;
    const source = sourceOf(reported, tokenized, chunks);
    if (flight.measured) this.#enter(flight, endMs, outputTokens, source, tokenized);
    this.#writeDown(flight, { outcome: 'completed', atMs: endMs }, { output: outputTokens, source });
  }

  /** Formatting a line takes longer than all of the above. */
  #writeDown(
    flight: Flight,
    ending: Ending,
    tokens: { output: number; source: TokenSource | undefined } = partial(flight),
  ): void {
    const log = this.#log;
    if (!log) return;
    const context = { target: log.target, load: log.load, startMs: this.#startMs };
    this.#afterwork.add(() => log.to.add(JSON.stringify(recordOf(flight, ending, context, tokens))));
  }

  #enter(
    flight: Flight,
    endMs: number,
    outputTokens: number,
    source: TokenSource | undefined,
    tokenized: number | undefined,
  ): void {
    const { usage, chunks } = flight.reader;
    const { counters } = this.recorder;
    if (source !== 'usage' && this.#counted) counters.withoutUsage++;
    if (this.#generates && (flight.reader.streamed ? chunks.count : outputTokens) === 0) counters.empty++;
    counters.items += flight.reader.items ?? 0;
    if (source === 'tokenizer') counters.tokenized++;
    if (source === 'chunks') counters.chunkCounted++;
    if (chunks.gapsMs) this.recorder.gaps(chunks.gapsMs, Math.max(1, outputTokens / chunks.count || 1));
    const request = this.#request;
    request.intendedMs = flight.intendedMs;
    request.sentMs = flight.sentMs;
    request.firstSentMs = flight.firstSentMs;
    request.firstByteMs = flight.firstByteMs;
    request.firstEventMs = flight.reader.streamed ? flight.reader.firstEventMs : Number.NaN;
    request.firstSoundMs = flight.reader.sound?.firstMs ?? Number.NaN;
    request.soundStallMs = flight.reader.sound?.stallMs ?? Number.NaN;
    request.soundSeconds = this.#sounds ? (flight.reader.items ?? Number.NaN) : Number.NaN;
    request.firstTextMs = chunks.firstMs;
    request.secondTextMs = chunks.secondMs;
    request.lastTextMs = chunks.lastMs;
    request.firstAnswerMs = chunks.firstAnswerMs;
    request.longestGapMs = chunks.longestGapMs;
    request.endMs = endMs;
    request.chunks = chunks.count;
    // Sound has no tokens that anybody planned.
    request.inputTokens = usage?.inputTokens ?? (flight.inputTokens || Number.NaN);
    request.outputTokens = outputTokens;
    request.reasoningTokens = usage?.reasoningTokens ?? Number.NaN;
    request.cachedTokens = usage?.cachedTokens ?? Number.NaN;
    request.tokenizedTokens = source === 'usage' ? (tokenized ?? Number.NaN) : Number.NaN;
    this.recorder.completed(request, this.#sessions ? flight.turn : undefined);
  }
}

function sourceOf(
  reported: number | undefined,
  tokenized: number | undefined,
  chunks: number,
): TokenSource | undefined {
  if (reported !== undefined) return 'usage';
  if (tokenized !== undefined) return 'tokenizer';
  return Number.isNaN(chunks) ? undefined : 'chunks';
}

/** Of an answer that did not end well, nobody says more than its chunks do. */
const partial = ({ reader: { chunks } }: Flight): { output: number; source: TokenSource | undefined } => ({
  output: chunks.count,
  source: chunks.count > 0 ? 'chunks' : undefined,
});
