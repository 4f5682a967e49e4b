import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../../src/lib/digest.js';
import { createRandom } from '../../../../src/lib/random.js';
import { FixedEngine, type JitterKind } from '../../../../src/simulator/latency.js';
import { PROFILES, profileByName, profileForModel } from '../../../../src/simulator/profile/catalogue.js';
import type { LatencyProfile } from '../../../../src/simulator/profile/profile.js';
import { ProfileEngine } from '../../../../src/simulator/profile/profile-engine.js';
import { normalScore, quantileFunction } from '../../../../src/simulator/profile/quantiles.js';

const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(share * values.length)]!;
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b) / values.length;

describe('normalScore', () => {
  it('is the inverse of the normal distribution', () => {
    for (const [share, score] of [
      [0.5, 0],
      [0.975, 1.959964],
      [0.025, -1.959964],
      [0.001, -3.090232],
      [0.99, 2.326348],
    ] as const) {
      expect(normalScore(share)).toBeCloseTo(score, 5);
    }
  });
});

describe('quantileFunction', () => {
  it('gives values with the quantiles that it was made of', () => {
    const random = createRandom(1, 'quantiles');
    const at = [0.05, 0.5, 0.95, 0.99];
    const ms = [100, 200, 800, 5000];
    const draw = quantileFunction({ at, ms });
    const values = Array.from({ length: 40_000 }, () => draw(random.normal()));
    for (const [i, share] of at.entries()) {
      const seen = quantile(values, share);
      expect(Math.abs(seen / ms[i]! - 1)).toBeLessThan(0.08);
    }
  });
});

const PROFILE: LatencyProfile = {
  format: 'fakeai-profile-1',
  name: 'test',
  source: 'made up',
  ttft: {
    at: [0.1, 0.9],
    ms: [100, 100.0001],
    promptTokens: 500,
    perPromptTokenMs: 0.1,
    concurrency: 1,
    perRequestShare: 0.5,
  },
  itl: { at: [0.1, 0.9], ms: [10, 10.0001], tokensPerChunk: 3 },
};

describe('ProfileEngine', () => {
  const fixed = { ttftMs: 1, itlMs: 7, jitter: 0, seed: 3 };
  const ask = (promptTokens: number, name = 'a') => ({
    digest: digestOf([name]),
    choice: 0,
    promptTokens,
    maxTokens: 100,
  });
  const instants = (engine: ProfileEngine, promptTokens: number, tokens: number): number[] => {
    const schedule = engine.submit(ask(promptTokens), 0);
    const all = Array.from({ length: tokens }, () => schedule.nextMs());
    schedule.release();
    return all;
  };

  it('depends on the prompt and on what is in flight', () => {
    const engine = new ProfileEngine({ profile: PROFILE, fixed });
    expect(instants(engine, 500, 1)[0]).toBeCloseTo(100, 2);
    expect(instants(engine, 1500, 1)[0]).toBeCloseTo(200, 2);
    const other = engine.submit(ask(500, 'b'), 0);
    expect(instants(engine, 500, 1)[0]).toBeCloseTo(150, 2);
    other.release();
    other.release();
    expect(instants(engine, 500, 1)[0]).toBeCloseTo(100, 2);
  });

  it('gives tokens in chunks, at the pace of single ones', () => {
    const all = instants(new ProfileEngine({ profile: PROFILE, fixed }), 500, 8);
    expect(all.map((ms) => Math.round(ms))).toEqual([100, 130, 130, 130, 160, 160, 160, 190]);
  });

  it('takes the fixed time between tokens where the profile has none', () => {
    const { itl: _, ...profile } = PROFILE;
    const all = instants(new ProfileEngine({ profile, fixed }), 500, 3);
    expect(all.map((ms) => Math.round(ms))).toEqual([100, 107, 114]);
  });

  it('gives the same request the same times', () => {
    const make = (): number[] => instants(new ProfileEngine({ profile: PROFILES[0]!, fixed }), 100, 20);
    expect(make()).toEqual(make());
  });
});

describe('the catalogue', () => {
  it('has a profile for every model, and finds them by name', () => {
    for (const known of PROFILES) expect(profileByName(known.name)).toBe(known);
    expect(profileForModel('claude-opus-4-5').name).toContain('opus');
    expect(profileForModel('gpt-4o-mini').name).toContain('gpt-3.5');
    expect(profileForModel('o3').name).toContain('gpt-4-turbo');
    expect(profileForModel('meta/llama-3.3-70b').name).toContain('llama');
    expect(() => profileByName('openai-gpt-4-turb')).toThrow(/profile/);
  });

  it('describes distributions', () => {
    for (const { ttft } of PROFILES) {
      expect(ttft.at).toHaveLength(ttft.ms.length);
      expect(ttft.ms).toEqual(ttft.ms.toSorted((a, b) => a - b));
    }
  });
});

describe('jitter', () => {
  const gaps = (jitterKind: JitterKind): number[] => {
    const engine = new FixedEngine({ ttftMs: 0, itlMs: 10, jitter: 0.5, jitterKind, seed: 1 });
    const schedule = engine.submit({ digest: digestOf(['x']), choice: 0, promptTokens: 1, maxTokens: 1 }, 0);
    let last = schedule.nextMs();
    return Array.from({ length: 40_000 }, () => {
      const next = schedule.nextMs();
      const gap = next - last;
      last = next;
      return gap;
    });
  };

  it.each(['lognormal', 'gamma'] as const)(
    '%s has the given mean and variation, and a longer tail',
    (kind) => {
      const values = gaps(kind);
      const average = mean(values);
      expect(average).toBeCloseTo(10, 0);
      const deviation = Math.sqrt(mean(values.map((value) => (value - average) ** 2)));
      expect(deviation / average).toBeGreaterThan(0.47);
      expect(deviation / average).toBeLessThan(0.53);
      expect(Math.min(...values)).toBeGreaterThan(0);
      expect(quantile(values, 0.999)).toBeGreaterThan(1.05 * quantile(gaps('normal'), 0.999));
    },
  );
});
