/** What the client itself adds: the same load against a simulator that answers at once. */
import { describe, expect, it } from 'vitest';
import { resolveSettings } from '../../../src/config/resolve.js';
import { floorRows } from '../../../src/results/client-floor-lines.js';
import { toHtml } from '../../../src/results/exporters/html/run-page.js';
import type { RunFile } from '../../../src/results/run-file.js';
import { renderTextReport } from '../../../src/results/text-report.js';
import { runBenchSettings, type RunHooks } from '../../../src/runs/run.js';

async function bench(flags: Record<string, unknown>, hooks: RunHooks = {}): Promise<RunFile> {
  const { settings, server } = await resolveSettings({
    section: 'bench',
    flags: { 'input-tokens': 5, 'output-tokens': 3, threads: 1, 'client-floor': true, ...flags },
  });
  return runBenchSettings(settings, server, hooks);
}

describe('--client-floor', () => {
  it('repeats an open loop as it is, and says how much of each latency is the client', async () => {
    const run = await bench({ rate: 200, requests: 40, ttft: '5ms', itl: 0, jitter: 0 });
    const { plan, targets } = run.clientFloor!;
    expect(plan.arrivals).toEqual(run.plan.arrivals);
    expect(targets).toMatchObject([{ name: 'simulator', requests: 40 }]);
    const ttft = floorRows(run).find(({ title }) => title === 'TTFT')!.figures[0]!;
    expect(ttft.share! * run.targets[0]!.metrics.ttft!.p50!).toBeCloseTo(ttft.floorMs!, 9);
    expect(renderTextReport(run)).toMatch(/^Client alone, ms .*\n[^]*^TTFT .*%/m);
    expect(toHtml(run)).toContain('<h2>Client alone</h2>');
  });

  it('sends the load of a closed loop at the rate that it had', async () => {
    const run = await bench({ concurrency: 2, requests: 8, ttft: '5ms', itl: 0, jitter: 0 });
    const { arrivals } = run.clientFloor!.plan;
    const { counters, measuredMs } = run.targets[0]!;
    expect(arrivals).toEqual({ kind: 'poisson', ratePerSecond: (counters.sent / measuredMs) * 1000 });
    expect(run.clientFloor!.targets[0]!.requests).toBe(8);
  });

  it('begins sessions as often as the run did, in a series too', async () => {
    const sessions = { turns: '3', requests: 12, ttft: '5ms', itl: 0, jitter: 0 };
    for (const load of [
      { concurrency: 2 },
      { sweep: 'concurrency=1,2' },
      { users: 2, 'think-time': '5ms' },
    ]) {
      const run = await bench({ ...sessions, ...load });
      const { arrivals, workload } = run.clientFloor!.plan;
      const [{ turns, measuredMs }] = run.targets as [RunFile['targets'][number]];
      const ratePerSecond = (turns!.find(({ turn }) => turn === 1)!.metrics.e2e!.count / measuredMs) * 1000;
      expect(arrivals).toEqual({ kind: 'poisson', ratePerSecond });
      expect(workload).toEqual(run.plan.workload);
      expect(run.clientFloor!.targets[0]!.requests).toBe(12);
    }
  });

  it('is left out when the run is interrupted', async () => {
    const run = await bench({ requests: 8 }, { signal: AbortSignal.abort() });
    expect(run).toMatchObject({ interrupted: true });
    expect(run.clientFloor).toBeUndefined();
  });
});
