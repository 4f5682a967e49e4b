/** The whole way in virtual time: measure a service, fit a profile, measure that in the same way. */
import { describe, expect, it } from 'vitest';
import { fitProfile } from '../../../src/runs/calibration/fit.js';
import { RequestCollector } from '../../../src/runs/calibration/request-lines.js';
import { createCostModel } from '../../../src/simulator/cluster/cost-model.js';
import type { LatencyProfile } from '../../../src/simulator/profile/profile.js';
import { closedLoops, clusterService, profileService, type Seen } from '../../support/closed-loop.js';

const cost = createCostModel({ architecture: 'llama-3.3-70b', gpu: 'h100', tensorParallel: 4 });
const MINUTES = 60_000;

function fit(seen: readonly Seen[]): LatencyProfile {
  const collector = new RequestCollector();
  for (const record of seen) collector.add(record);
  return {
    format: 'fakeai-profile-1',
    name: 'copy',
    source: 'a simulated cluster',
    ...fitProfile(collector.observations()),
  };
}

const quantile = (values: number[], share: number): number =>
  values.sort((a, b) => a - b)[Math.floor(share * values.length)]!;

/** What a benchmark of one load says. */
function figures(seen: readonly Seen[], loop: number): Record<string, number> {
  const own = seen.filter((record) => record.loop === loop);
  const gaps = own.flatMap(({ chunk_ms: ms }) => ms!.slice(1).map((at, i) => at - ms![i]!));
  const ttft = own.map(({ at_ms: at, chunk_ms: ms }) => ms![0]! - at);
  const e2e = own.map(({ at_ms: at, end_ms: end }) => end - at);
  return {
    requests: own.length,
    'ttft p50': quantile(ttft, 0.5),
    'ttft p90': quantile(ttft, 0.9),
    'itl mean': gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length,
    'itl p50': quantile(gaps, 0.5),
    'itl p90': quantile(gaps, 0.9),
    'itl p99': quantile(gaps, 0.99),
    'e2e p50': quantile(e2e, 0.5),
    'e2e p90': quantile(e2e, 0.9),
  };
}

describe('a copy of a measured service', () => {
  const profile = fit(closedLoops(clusterService(cost, 1), [1, 4, 16], 5 * MINUTES, 1));

  it('has the loads that were measured', () => {
    const loads = profile.levels!.map(({ inFlight }) => Math.round(inFlight));
    expect(loads).toEqual(expect.arrayContaining([1, 4, 16]));
  });

  it('is near the original at these loads and between them, in medians and in tails', () => {
    const loads = [1, 4, 8, 16];
    // Other prompts than those that it was fitted to.
    const original = closedLoops(clusterService(cost, 2), loads, 5 * MINUTES, 2);
    const copy = closedLoops(profileService(profile, 3), loads, 5 * MINUTES, 2);
    for (const [loop, load] of loads.entries()) {
      const [real, made] = [figures(original, loop), figures(copy, loop)];
      for (const [name, value] of Object.entries(real)) {
        const off = Math.abs(Math.log(made[name]! / value));
        const most = name === 'itl p99' ? 0.25 : 0.12;
        expect(off, `${name} at ${load}: ${value} and ${made[name]}`).toBeLessThan(most);
      }
    }
  });
});
