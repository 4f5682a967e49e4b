/** Requests of a simulation as `--output requests` has those of a real run. */
import type { ErrorKind } from '../../results/error-kinds.js';
import type { RequestRecord } from '../../results/request-record.js';
import type { RequestUsage } from '../../simulator/cluster/types.js';
import type { VirtualFlight } from './virtual-flight.js';

/** How a simulated request ended. */
export interface VirtualEnding {
  readonly outcome: RequestRecord['outcome'];
  readonly atMs: number;
  readonly kind?: ErrorKind;
  readonly message?: string;
  /** Unknown of what is still under way at the end, and of what no replica took. */
  readonly usage?: RequestUsage;
}

/** Writes a line for each request of one run. */
export class VirtualRecords {
  /**
   * @param add - takes a line
   * @param load - number of the run in its series, from 0
   */
  constructor(
    readonly target: string,
    readonly load: number,
    readonly add: (line: string) => void,
  ) {}

  ended(flight: VirtualFlight, ending: VirtualEnding): void {
    this.add(JSON.stringify(recordOf(flight, ending, this)));
  }
}

/** Whole microseconds, as everywhere in results. */
const rounded = (ms: number): number => Math.round(ms * 1000) / 1000;

function recordOf(
  { request, measured, sentMs, intendedMs, chunks, chunkMs, firstMs }: VirtualFlight,
  { outcome, atMs, kind, message, usage }: VirtualEnding,
  { target, load }: VirtualRecords,
): RequestRecord {
  const completed = outcome === 'completed' && usage !== undefined;
  return {
    target,
    load,
    index: request.index,
    turn: request.turn ?? 0,
    ...(!measured && { warmup: true as const }),
    outcome,
    ...(kind && { error: kind }),
    ...(message !== undefined && { message }),
    at_ms: rounded(sentMs),
    ...(!Number.isNaN(intendedMs) && { intended_ms: rounded(intendedMs) }),
    ...(usage && usage.firstScheduledMs >= 0 && { scheduled_ms: rounded(usage.firstScheduledMs) }),
    ...(chunks > 0 && { first_answer_ms: rounded(firstMs), chunk_ms: (chunkMs ?? []).map(rounded) }),
    end_ms: rounded(atMs),
    planned_input_tokens: request.inputTokens,
    planned_output_tokens: request.outputTokens,
    input_tokens: completed ? usage.promptTokens : request.inputTokens,
    input_source: completed ? 'usage' : 'planned',
    output_tokens: completed ? usage.outputTokens : chunks,
    output_source: completed ? 'usage' : 'chunks',
    ...(completed && { cached_tokens: usage.cachedTokens }),
    ...(usage && usage.replica >= 0 && { replica: usage.replica, preemptions: usage.preemptions }),
    bytes: 0,
  };
}
