/** Plans for tests: a small valid one, to be varied. */
import type { LengthDistribution, Plan, Trace } from '../../../src/workloads/plan.js';

export const fixed = (value: number): LengthDistribution => ({ kind: 'fixed', value });

export function planOf(changes: Partial<Plan> = {}): Plan {
  return {
    targets: [{ name: 'one', url: 'http://127.0.0.1:1' }],
    endpoint: 'chat',
    model: 'fakeai-1',
    streaming: true,
    ignoreEos: false,
    arrivals: { kind: 'closed', concurrency: 1 },
    workload: { kind: 'synthetic', inputTokens: fixed(20), outputTokens: fixed(8) },
    stop: { requests: 10 },
    warmupMs: 0,
    maxInFlight: 100,
    timeoutMs: 1000,
    graceMs: 1000,
    seed: 7,
    ...changes,
  };
}

export interface Row {
  ms?: number;
  input: number;
  output?: number;
  hashes?: number[];
}

export function traceOf(rows: Row[]): Trace {
  const hashStart = [0];
  for (const row of rows) hashStart.push(hashStart.at(-1)! + (row.hashes?.length ?? 0));
  return {
    source: { path: 'rows.jsonl', format: 'mooncake' },
    instantMs: Float64Array.from(rows, (row) => row.ms ?? 0),
    inputTokens: Uint32Array.from(rows, (row) => row.input),
    outputTokens: Uint32Array.from(rows, (row) => row.output ?? 1),
    hashIds: Uint32Array.from(rows.flatMap((row) => row.hashes ?? [])),
    hashStart: Uint32Array.from(hashStart),
    hashBlockTokens: 512,
  };
}

export const replayOf = (rows: Row[], changes: Partial<Plan> = {}): Plan =>
  planOf({
    arrivals: { kind: 'trace', speed: 1 },
    workload: { kind: 'trace', trace: traceOf(rows) },
    stop: {},
    ...changes,
  });
