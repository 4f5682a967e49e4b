import * as fc from '../support/fast-check.js';
import { expect, it } from 'vitest';
import { createCluster, workload } from '../support/cluster.js';

const FOREVER_MS = 1e7;

/** Runs a workload step by step, and asks before each what the steps in progress will yield. */
function foretold(seed: number, more: Parameters<typeof createCluster>[0], aborts: boolean) {
  const { cluster, recorder } = createCluster({ replicas: 2, ...more });
  const requests = workload({
    seed,
    requests: 25,
    gapMs: 30,
    promptTokens: 300,
    outputTokens: 30,
    families: 3,
  });
  const told: { id: number; last: boolean; atMs: number }[] = [];
  const ended = new Map<number, number>();
  const foresight = cluster.foresight();
  let next = 0;
  while (next < requests.length || cluster.nextEventMs() !== undefined) {
    foresight.tell((id, last, atMs) => told.push({ id, last, atMs }));
    const eventMs = cluster.nextEventMs() ?? Infinity;
    const arriving = requests[next];
    if (arriving && arriving.arrivalMs <= eventMs) {
      cluster.submit(arriving, arriving.arrivalMs);
      next++;
      if (aborts && next % 5 === 0) {
        cluster.abort(requests[next - 3]!.id, arriving.arrivalMs);
        ended.set(requests[next - 3]!.id, arriving.arrivalMs);
      }
    } else if (eventMs > FOREVER_MS) throw new Error('the cluster does not come to rest');
    else cluster.advance(eventMs);
  }
  return { told, recorder, ended };
}

it('comes true at the instant that was told, unless the request is given up', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e6 }), fc.boolean(), (seed, aborts) => {
      const { told, recorder, ended } = foretold(seed, {}, aborts);
      const once = new Set<string>();
      for (const { id, last, atMs } of told) {
        expect(once.has(`${id} ${atMs}`)).toBe(false);
        once.add(`${id} ${atMs}`);
        const { tokenMs, finish } = recorder.of(id);
        if ((ended.get(id) ?? Infinity) <= atMs) continue;
        expect(tokenMs).toContain(atMs);
        expect(finish?.atMs === atMs).toBe(last);
      }
      // Without drafts nothing comes untold.
      const tokens = [...recorder.seen.values()].reduce((sum, seen) => sum + seen.tokenMs.length, 0);
      expect(told.length).toBeGreaterThanOrEqual(tokens);
    }),
    { numRuns: 25 },
  );
});

it('tells nothing of a step that ends in a crash which is known before', () => {
  const crash = fc.record({
    atMs: fc.integer({ min: 1, max: 900 }),
    replica: fc.integer({ min: 0, max: 1 }),
    fatal: fc.boolean(),
  });
  let crashed = 0;
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e6 }), fc.array(crash, { maxLength: 4 }), (seed, crashes) => {
      const failures = crashes.map(({ fatal, ...where }) =>
        fatal
          ? ({ kind: 'xid', code: 79, downMs: 100, ...where } as const)
          : ({ kind: 'crash', downMs: 50, ...where } as const),
      );
      const { told, recorder } = foretold(seed, { failures, onCrash: 'fail' }, false);
      for (const { id, atMs } of told) expect(recorder.of(id).tokenMs).toContain(atMs);
      crashed += [...recorder.seen.values()].filter(({ finish }) => finish?.reason !== 'completed').length;
    }),
    { numRuns: 25 },
  );
  expect(crashed).toBeGreaterThan(0);
});

it('is silent about steps whose drafts may be accepted or not', () => {
  const speculation = { method: 'eagle', acceptance: [0.8, 0.5] } as const;
  const { told, recorder } = foretold(1, { speculation }, false);
  // First tokens come from prompts, without drafts.
  for (const { id, atMs } of told) expect(recorder.of(id).tokenMs[0]).toBe(atMs);
  expect(told.length).toBeGreaterThan(0);
});

it('says how late one may look again: never, where something was not told', () => {
  const speculation = { method: 'eagle', acceptance: [0.8] } as const;
  const stepOf = (more: Parameters<typeof createCluster>[0]): number => {
    const { cluster } = createCluster(more);
    const [request] = workload({
      seed: 3,
      requests: 1,
      gapMs: 1,
      promptTokens: 50,
      outputTokens: 40,
      families: 1,
    });
    const foresight = cluster.foresight();
    expect(foresight.tell(() => {})).toBe(Infinity);
    cluster.submit({ ...request!, outputTokens: 20 }, 0);
    cluster.advance(30);
    const lengthMs = foresight.tell(() => {});
    // Asked again, it tells nothing anew, and says the same.
    expect(foresight.tell(() => expect.unreachable())).toBe(lengthMs);
    return lengthMs;
  };
  expect(stepOf({})).toBeCloseTo(10, 1);
  expect(stepOf({ speculation })).toBe(0);
});
