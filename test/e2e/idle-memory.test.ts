/** What the heaps of a server take that has only started, as V8 itself tells it with every collection. */
import { expect, it } from 'vitest';
import { startCliServer } from '../support/cli.js';

/** Of three threads; they would have 70 MB (Node 26) to 90 MB if their young generations grew while the server starts. */
const MOST_MB = 62;

it('a server that starts keeps the heaps of its threads small', async () => {
  const cli = await startCliServer(['--threads', '2'], { nodeArgs: ['--trace-gc'] });
  cli.process.kill('SIGTERM');
  const { stdout } = await cli.done;
  const mostMb = new Map<string, number>();
  // [PID:0xTHREAD]  123 ms: Scavenge 12.3 (15.6) -> 11.9 (16.1) MB, …: used, and in brackets what is reserved.
  for (const [, thread, mb] of stdout.matchAll(/^\[\d+:(0x[0-9a-f]+)\].* -> [\d.]+ \(([\d.]+)\) MB/gm))
    mostMb.set(thread!, Math.max(mostMb.get(thread!) ?? 0, Number(mb)));
  expect(mostMb.size).toBe(3);
  expect([...mostMb.values()].reduce((sum, mb) => sum + mb)).toBeLessThan(MOST_MB);
});
