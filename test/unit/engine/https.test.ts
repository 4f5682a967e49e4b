import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { runLoad } from '../../../src/engine/index.js';
import type { RequestRecord } from '../../../src/results/request-record.js';
import { planOf } from './lane-bench.js';
import {
  completion,
  response,
  startScripted,
  STREAM_HEAD,
  textEvent,
  usageAndDone,
} from './scripted-server.js';

const folder = mkdtempSync(join(tmpdir(), 'fakeai-https-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('a stream over TLS is measured, and so is its handshake', async () => {
  const server = await startScripted(
    (socket) => socket.end(`${STREAM_HEAD}${textEvent('a')}${textEvent('b')}${usageAndDone(5, 2)}`),
    { tls: true },
  );
  const path = join(folder, 'requests.jsonl');
  writeFileSync(path, '');
  try {
    const { targets } = await runLoad({
      plan: planOf({
        targets: [{ name: 't', url: `https://127.0.0.1:${server.port}` }],
        streaming: true,
        stop: { requests: 4 },
        timeoutMs: 10_000,
        graceMs: 10_000,
      }),
      threads: 1,
      headers: {},
      security: { ca: readFileSync(new URL('../../fixtures/tls/cert.pem', import.meta.url), 'utf8') },
      requestLog: { path },
    });
    expect(targets[0]!.errors).toEqual([]);
    expect(targets[0]!.counters).toMatchObject({ completed: 4, outputTokens: 8 });
    // The server closes each connection: every request opens its own.
    expect(targets[0]!.distributions.connect!.count).toBe(4);
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    for (const record of lines.map((line) => JSON.parse(line) as RequestRecord)) {
      const { connect_start_ms, connected_ms, secure_ms, first_byte_ms } = record;
      const stamps = [connect_start_ms, connected_ms, secure_ms, first_byte_ms];
      expect(stamps).not.toContain(undefined);
      expect(stamps.toSorted((a, b) => a! - b!)).toEqual(stamps);
    }
  } finally {
    await server.close();
  }
});

it('a probe beside the load trusts the same certificates', async () => {
  const server = await startScripted(
    (socket) => socket.write(response('200 OK', 'application/json', completion(5, 2))),
    { tls: true },
  );
  try {
    const { targets, probe } = await runLoad({
      plan: planOf({
        targets: [{ name: 't', url: `https://127.0.0.1:${server.port}` }],
        arrivals: { kind: 'constant', ratePerSecond: 50 },
        streaming: false,
        stop: { durationMs: 300 },
        probe: { ratePerSecond: 100, inputTokens: 4, outputTokens: 16 },
      }),
      threads: 1,
      headers: {},
      security: { ca: readFileSync(new URL('../../fixtures/tls/cert.pem', import.meta.url), 'utf8') },
    });
    expect([...targets[0]!.errors, ...probe![0]!.errors]).toEqual([]);
    expect(probe![0]!.counters.completed).toBeGreaterThan(0);
  } finally {
    await server.close();
  }
});
