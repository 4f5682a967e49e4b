import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runLoad } from '../../../src/engine/index.js';
import { RequestLog } from '../../../src/engine/request-log.js';
import { requestRecordSchema, type RequestRecord } from '../../../src/results/request-record.js';
import type { Plan } from '../../../src/workloads/plan.js';
import { readTrace } from '../../../src/workloads/traces/read-trace.js';
import { planOf } from './lane-bench.js';
import {
  completion,
  response,
  startScripted,
  STREAM_HEAD,
  textEvent,
  usageAndDone,
  type Script,
  type ScriptedServer,
} from './scripted-server.js';

const folder = mkdtempSync(join(tmpdir(), 'fakeai-requests-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'requests.jsonl');
beforeEach(() => writeFileSync(path, ''));

let server: ScriptedServer | undefined;
afterEach(() => server?.close());

/** The lines that a run leaves, each checked against the schema. */
async function recordsOf(
  script: Script,
  over: Partial<Plan> = {},
  signal?: AbortSignal,
): Promise<RequestRecord[]> {
  server = await startScripted(script);
  const url = `http://127.0.0.1:${server.port}`;
  await runLoad({
    plan: planOf({ targets: [{ name: 't', url }], timeoutMs: 10_000, graceMs: 10_000, ...over }),
    threads: 2,
    headers: {},
    requestLog: { path },
    ...(signal && { signal }),
  });
  return readRecords();
}

const readRecords = (): RequestRecord[] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => requestRecordSchema.strict().parse(JSON.parse(line)));

const STREAMED = `${textEvent('one')}${textEvent(' two')}${usageAndDone(9, 2)}`;
const stream: Script = (socket) => socket.end(STREAM_HEAD + STREAMED);

describe('the log of requests', () => {
  it('has a line for each request, with its stamps in order and its counts', async () => {
    const records = await recordsOf(stream, {
      streaming: true,
      arrivals: { kind: 'constant', ratePerSecond: 200 },
      stop: { requests: 20 },
      warmupMs: 50,
    });
    const measured = records.filter(({ warmup }) => !warmup);
    expect(measured).toHaveLength(20);
    expect(records.length).toBeGreaterThan(20);
    expect(new Set(records.map(({ index }) => index)).size).toBe(records.length);
    for (const record of records) {
      expect(record).toMatchObject({
        target: 't',
        outcome: 'completed',
        status: 200,
        input_tokens: 9,
        input_source: 'usage',
        output_tokens: 2,
        output_source: 'usage',
        planned_input_tokens: 5,
        planned_output_tokens: 3,
        bytes: STREAMED.length,
      });
      expect(record.chunk_ms).toHaveLength(2);
      // The server closes each connection, so that each request opens its own.
      const { intended_ms, at_ms, connected_ms, first_byte_ms, first_event_ms, first_answer_ms, end_ms } =
        record;
      const stamps = [
        intended_ms,
        at_ms,
        connected_ms,
        first_byte_ms,
        first_event_ms,
        first_answer_ms,
        end_ms,
      ];
      expect(stamps).not.toContain(undefined);
      expect(stamps.toSorted((a, b) => a! - b!)).toEqual(stamps);
    }
  });

  it('says how others ended', async () => {
    const failed = await recordsOf(
      (socket) => socket.write(response('429 Slow Down', 'application/json', '{}')),
      {
        stop: { requests: 3 },
      },
    );
    expect(failed).toHaveLength(3);
    expect(failed[0]).toMatchObject({
      outcome: 'failed',
      error: 'http_429',
      message: 'HTTP 429: {}',
      status: 429,
      output_tokens: 0,
      input_source: 'planned',
    });
    await server!.close();
    writeFileSync(path, '');
    const cancelled = await recordsOf((socket) => socket.write(STREAM_HEAD + textEvent('one')), {
      streaming: true,
      cancel: { share: 1, afterMs: 60 },
      stop: { requests: 2 },
    });
    expect(cancelled.map(({ outcome, output_tokens }) => [outcome, output_tokens])).toEqual([
      ['cancelled', 1],
      ['cancelled', 1],
    ]);
  });

  it('is complete when a run is interrupted', async () => {
    const controller = new AbortController();
    const records = await recordsOf(
      (socket, { total }) => {
        if (total < 6) socket.write(response('200 OK', 'application/json', completion(1, 1)));
        else controller.abort();
      },
      { stop: { durationMs: 60_000 } },
      controller.signal,
    );
    const outcomes = records.map(({ outcome }) => outcome);
    expect(outcomes).toContain('completed');
    expect(outcomes).toContain('incomplete');
    expect(records.length).toBeGreaterThanOrEqual(7);
  });

  it('is a trace for replay: what was asked for, when it was sent', async () => {
    let count = 0;
    const records = await recordsOf(
      (socket) => {
        if (count++ % 2 === 0) socket.end(STREAM_HEAD + STREAMED);
        else socket.write(response('500 No', 'application/json', '{}'));
      },
      { streaming: true, arrivals: { kind: 'constant', ratePerSecond: 100 }, stop: { requests: 6 } },
    );
    const trace = await readTrace(path);
    const rows = records.toSorted((a, b) => a.at_ms - b.at_ms);
    expect(trace.source.format).toBe('recorded');
    expect([...trace.instantMs]).toEqual(rows.map(({ at_ms }) => at_ms - rows[0]!.at_ms));
    expect([...trace.outputTokens]).toEqual(rows.map(({ outcome }) => (outcome === 'completed' ? 2 : 3)));
    expect([...trace.inputTokens]).toEqual(rows.map(({ outcome }) => (outcome === 'completed' ? 9 : 5)));
  });

  it('of several targets replays the first of them', async () => {
    writeFileSync(
      path,
      ['a', 'b', 'a']
        .map((target, i) => JSON.stringify({ target, at_ms: i, input_tokens: 10 + i, output_tokens: 1 }))
        .join('\n'),
    );
    expect([...(await readTrace(path)).inputTokens]).toEqual([10, 12]);
  });
});

describe('the file', () => {
  it('gets whole lines from several writers', async () => {
    const logs = [new RequestLog(path), new RequestLog(path)];
    const line = (writer: number, i: number): string => JSON.stringify({ writer, i, pad: 'x'.repeat(1000) });
    for (let i = 0; i < 1000; i++) for (const [writer, log] of logs.entries()) log.add(line(writer, i));
    await Promise.all(logs.map((log) => log.close()));
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    const expected = [0, 1].flatMap((w) => Array.from({ length: 1000 }, (_, i) => line(w, i)));
    expect(lines).toHaveLength(2000);
    // Not with toEqual: the difference would be longer than anybody reads.
    expect(lines.toSorted().join() === expected.toSorted().join()).toBe(true);
  });

  it('that cannot be written to is said, and ends nothing', async () => {
    const log = new RequestLog(process.platform === 'linux' ? '/dev/full' : path);
    log.add('{}');
    await log.close();
    if (process.platform === 'linux') expect(log.problem).toMatch(/ENOSPC|no space/i);
  });
});
