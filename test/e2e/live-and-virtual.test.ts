/** `replay` against `server`, two processes on the real clock, tells what `simulate` told in virtual time of the same trace. */
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRandom } from '../../src/lib/random.js';
import { CARRIED_OUT, runCli, startCliServer, temporaryFolder } from '../support/cli.js';
import { parseRunFile } from '../support/run-schema.js';

const folder = temporaryFolder();
const TRACE = folder.file('trace.csv');
const REQUESTS = 24;
/** Two requests are under way at a time: nearer to the limit of the fleet, chance in arrivals decides much. */
const MEAN_GAP_MS = 450;
/** Some 200 ms to the first token, then 16 ms from one to the next: what two processes add is little beside it. */
const FLEET = ['--gpu', 'h100', '--tp', '4'];
const MODEL = ['--model', 'llama-3.3-70b'];
/** Of the medians: on an idle machine they differ by less than 3 %. */
const TOLERANCE = 0.1;

interface Medians {
  ttft: number;
  itl: number;
}

function mediansOf(stdout: string): Medians {
  const { counters, metrics } = parseRunFile(stdout).targets[0]!;
  expect(counters.completed).toBe(REQUESTS);
  return { ttft: metrics.ttft!.p50!, itl: metrics.itl!.p50! };
}

beforeAll(() => {
  const random = createRandom(11, 'trace');
  let atMs = Date.UTC(2024, 0, 1);
  const rows = Array.from({ length: REQUESTS }, () => {
    atMs += MEAN_GAP_MS * random.exponential();
    const instant = new Date(atMs).toISOString().replace('T', ' ').replace('Z', '0000');
    return `${instant},${1500 + random.int(1500)},${10 + random.int(30)}`;
  });
  writeFileSync(TRACE, `TIMESTAMP,ContextTokens,GeneratedTokens\n${rows.join('\n')}\n`);
});
afterAll(folder.remove);

// Something else may have the processor for a while; it is not likely to have it every time.
it('agrees in the medians of TTFT and ITL', { retry: 3, timeout: 120_000 }, async () => {
  const simulated = await runCli(['simulate', TRACE, ...MODEL, ...FLEET, '--json']);
  const virtual = mediansOf(simulated.stdout);
  const server = await startCliServer([...MODEL, ...FLEET, '--latency', 'physics', '--threads', '1']);
  try {
    const replayed = await runCli([
      'replay',
      TRACE,
      '--url',
      server.url,
      ...MODEL,
      '--threads',
      '1',
      '--json',
    ]);
    expect(CARRIED_OUT, replayed.stderr).toContain(replayed.exitCode);
    const live = mediansOf(replayed.stdout);
    expect(Math.abs(live.itl / virtual.itl - 1), `${live.itl} against ${virtual.itl}`).toBeLessThan(
      TOLERANCE,
    );
    expect(Math.abs(live.ttft / virtual.ttft - 1), `${live.ttft} against ${virtual.ttft}`).toBeLessThan(
      TOLERANCE,
    );
  } finally {
    server.process.kill('SIGTERM');
    await server.done;
  }
});
