/** From a flight that is over to the line that is kept of it. */
import type { ErrorKind } from '../results/error-kinds.js';
import type { TokenSource } from '../results/metrics.js';
import type { RequestRecord } from '../results/request-record.js';
import type { Flight } from './flight.js';

/** How a request ended. */
export interface Ending {
  outcome: RequestRecord['outcome'];
  atMs: number;
  kind?: ErrorKind;
  message?: string;
}

/** What is the same for all requests of a lane. */
export interface LogContext {
  target: string;
  load: number | undefined;
  /** The start of the run. */
  startMs: number;
}

/**
 * The record of a request.
 *
 * @param tokens - of the answer, and who counted them
 */
export function recordOf(
  flight: Flight,
  { outcome, atMs, kind, message }: Ending,
  { target, load, startMs }: LogContext,
  tokens: { output: number; source: TokenSource | undefined },
): RequestRecord {
  const { reader, sending } = flight;
  const { chunks, usage } = reader;
  const since = (instantMs: number): number => Math.round((instantMs - startMs) * 1000) / 1000;
  const stamp = <N extends string>(name: N, instantMs: number | undefined): Partial<Record<N, number>> =>
    instantMs === undefined || Number.isNaN(instantMs)
      ? {}
      : ({ [name]: since(instantMs) } as Partial<Record<N, number>>);
  const input = usage?.inputTokens;
  return {
    target,
    ...(load !== undefined && { load }),
    index: flight.index,
    turn: flight.turn,
    ...(!flight.measured && { warmup: true as const }),
    outcome,
    ...(kind && { error: kind }),
    ...(message !== undefined && { message }),
    ...(reader.status > 0 && { status: reader.status }),
    at_ms: since(flight.sentMs),
    ...stamp('intended_ms', flight.intendedMs),
    ...stamp('connect_start_ms', sending?.opening?.startMs),
    ...stamp('connected_ms', sending?.opening?.connectedMs),
    ...stamp('secure_ms', sending?.opening?.secureMs),
    ...stamp('first_byte_ms', flight.firstByteMs),
    ...stamp('first_event_ms', reader.firstEventMs),
    ...stamp('first_audio_ms', reader.sound?.firstMs),
    ...stamp('first_reasoning_ms', chunks.firstReasoningMs),
    ...stamp('first_answer_ms', chunks.firstAnswerMs),
    ...(chunks.count > 0 && { chunk_ms: chunkInstants(chunks.firstMs, chunks.gapsMs ?? []).map(since) }),
    end_ms: since(atMs),
    planned_input_tokens: flight.inputTokens,
    planned_output_tokens: flight.outputTokens,
    input_tokens: input ?? flight.inputTokens,
    input_source: input === undefined ? 'planned' : 'usage',
    output_tokens: Number.isNaN(tokens.output) ? 0 : tokens.output,
    ...(tokens.source && { output_source: tokens.source }),
    ...(usage?.reasoningTokens !== undefined && { reasoning_tokens: usage.reasoningTokens }),
    ...(usage?.cachedTokens !== undefined && { cached_tokens: usage.cachedTokens }),
    ...(reader.items !== undefined && { items: reader.items }),
    bytes: reader.bytes,
  };
}

function chunkInstants(firstMs: number, gapsMs: readonly number[]): number[] {
  let atMs = firstMs;
  return [firstMs, ...gapsMs.map((gapMs) => (atMs += gapMs))];
}
