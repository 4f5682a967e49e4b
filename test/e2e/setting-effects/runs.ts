/** Small runs for observations: of a bench and of a replay, against the recording target or the embedded simulator. */
import { writeFileSync } from 'node:fs';
import { afterAll } from 'vitest';
import type { RunFile } from '../../../src/results/run-file.js';
import type { PlanSummary } from '../../../src/results/plan-summary.js';
import { runBenchSettings, runReplaySettings, type RunHooks } from '../../../src/runs/run.js';
import { temporaryFolder } from '../../support/cli.js';
import { RecordingTarget } from './recording-target.js';
import type { Context } from './situations.js';

/** The endpoint that runs of this file's tests are sent to; see `useRecordingTarget`. */
export const target = new RecordingTarget();

/** Ends a run whose requests wait for others that never come: a failed test then says what it saw. */
export const GUARD = '20s';

export type RunSection = 'bench' | 'replay';

const folder = temporaryFolder();
/** Deletes the traces; call at the top of a test file. */
export function useTraces(): void {
  afterAll(folder.remove);
}

/** Writes a Mooncake trace of rows at the given milliseconds. */
export function writeTrace(instantsMs: number[], name = 'trace.jsonl'): string {
  const rows = instantsMs.map((timestamp) =>
    JSON.stringify({ timestamp, input_length: 5, output_length: 400 }),
  );
  writeFileSync(folder.file(name), rows.join('\n'));
  return folder.file(name);
}

/** Writes a dataset of one conversation with two turns of the user. */
export function writeConversation(): string {
  writeFileSync(folder.file('turns.jsonl'), '{"turns":[{"text":"one"},{"text":"two"}]}');
  return folder.file('turns.jsonl');
}

/** The same for Azure's format: one row. */
export function writeAzureTrace(): string {
  const text = 'TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.6805900,5,5\n';
  writeFileSync(folder.file('trace.csv'), text);
  return folder.file('trace.csv');
}

/** The least that makes a run of so many requests that are all sent at once. */
const least = (requests: number): Record<RunSection, object> => ({
  bench: { requests, concurrency: requests, inputTokens: 5, outputTokens: 400 },
  replay: {},
});

export interface RunRequest {
  section: RunSection;
  /** How many, all at once. */
  requests?: number;
  /** Further settings of the section. */
  beside?: Record<string, unknown>;
  /** Seed to use whatever the settings say. */
  seed?: number;
  hooks?: RunHooks;
}

/** A run of the embedded simulator, unless the settings name a target. */
export async function perform(context: Context, request: RunRequest): Promise<RunFile> {
  const { section, requests = 2, hooks = {} } = request;
  const override = request.seed === undefined ? {} : { seed: request.seed };
  const beside = {
    server: { latency: 'instant', threads: 1 },
    [section]: { ...least(requests)[section], ...request.beside },
  };
  if (section === 'bench') {
    const { settings, server } = await context.bench(beside);
    return runBenchSettings({ ...settings, ...override }, server, hooks);
  }
  const { settings, server } = await context.replay(beside);
  const trace = writeTrace(Array.from({ length: requests }, () => 0));
  return runReplaySettings(trace, { ...settings, ...override }, server, hooks);
}

/** A run against the recording target. */
export const performAgainstTarget = (context: Context, request: RunRequest): Promise<RunFile> =>
  perform(context, { ...request, beside: { url: target.url, model: 'm', ...request.beside } });

/** What is planned; the run ends before it begins. */
export async function planOf(context: Context, request: RunRequest): Promise<PlanSummary> {
  const stop = new AbortController();
  let seen: PlanSummary | undefined;
  const onPlan = (plan: PlanSummary): void => {
    seen = plan;
    stop.abort();
  };
  await performAgainstTarget(context, { ...request, hooks: { signal: stop.signal, onPlan } });
  return seen!;
}
