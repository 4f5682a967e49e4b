import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../../src/lib/digest.js';
import { createRandom } from '../../../../src/lib/random.js';
import { FixedEngine, type JitterKind } from '../../../../src/simulator/latency.js';
import { PROFILES, profileByName, profileForModel } from '../../../../src/simulator/profile/catalogue.js';
import type { LatencyProfile } from '../../../../src/simulator/profile/profile.js';
import { OwnInFlight, ProfileEngine } from '../../../../src/simulator/profile/profile-engine.js';
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

describe('a Pareto tail', () => {
  const tail = { share: 0.02, alpha: 1.5, mostMs: 20_000 };
  const draw = quantileFunction({ at: [0.05, 0.5, 0.95], ms: [100, 200, 400], tail });
  const startMs = draw(normalScore(0.98));

  it('begins where the body ends and falls with its power', () => {
    expect(draw(normalScore(0.98) + 1e-6) / startMs).toBeCloseTo(1, 4);
    for (const above of [0.01, 0.001, 0.0001]) {
      const expected = startMs * (0.02 / above) ** (1 / 1.5);
      expect(draw(normalScore(1 - above)) / expected).toBeCloseTo(1, 2);
    }
  });

  it('never falls and has an end', () => {
    let last = 0;
    for (let score = -6; score < 9; score += 0.01) {
      const ms = draw(score);
      expect(ms).toBeGreaterThanOrEqual(last);
      last = ms;
    }
    expect(last).toBe(20_000);
  });
});

const PROFILE: LatencyProfile = {
  format: 'fakeai-profile-1',
  name: 'test',
  source: 'made up',
  promptTokens: 500,
  concurrency: 1,
  ttft: { at: [0.1, 0.9], ms: [100, 100.0001], perPromptTokenMs: 0.1 },
  itl: { at: [0.1, 0.9], ms: [10, 10.0001], tokensPerChunk: 3, perPromptTokenMs: 0.001 },
  load: { inFlight: [1, 2, 10], ttft: [1, 1.5, 2], itl: [1, 1.2, 2] },
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

  it('has longer gaps for longer prompts and under more load, relative to the load that was measured', () => {
    const gapMs = (engine: ProfileEngine, promptTokens: number): number => {
      const [first, second] = instants(engine, promptTokens, 2);
      return Math.round((second! - first!) * 10) / 10;
    };
    const engine = new ProfileEngine({ profile: PROFILE, fixed });
    expect(gapMs(engine, 500)).toBe(30);
    expect(gapMs(engine, 2500)).toBe(36);
    const others = ['b', 'c', 'd', 'e'].map((name) => engine.submit(ask(500, name), 0));
    expect(gapMs(engine, 500)).toBe(45);
    for (const other of others) other.release();
    const measuredAtTen = new ProfileEngine({ profile: { ...PROFILE, concurrency: 10 }, fixed });
    expect(gapMs(measuredAtTen, 500)).toBe(15);
    const inFlight = new OwnInFlight();
    for (let i = 0; i < 3; i++) inFlight.add(1);
    const amongOthers = new ProfileEngine({ profile: PROFILE, fixed, inFlight });
    expect(gapMs(amongOthers, 500)).toBe(42);
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

  it('says of every part where it comes from', () => {
    for (const { name, origins } of PROFILES) {
      for (const part of ['ttft', 'itl', 'tail', 'promptLength', 'load'] as const) {
        expect(origins?.[part], `${name}: ${part}`).toMatch(/measured|computed|assumed/);
      }
    }
  });

  /** The largest distance of a sample from the distribution that a quantile function describes (Kolmogorov, Smirnov). */
  const distance = (values: readonly number[], draw: (score: number) => number): number => {
    const sorted = values.toSorted((a, b) => a - b);
    let largest = 0;
    for (let share = 0.01; share < 1; share += 0.01) {
      const limit = draw(normalScore(share));
      const below = sorted.findIndex((value) => value > limit);
      largest = Math.max(largest, Math.abs((below < 0 ? sorted.length : below) / sorted.length - share));
    }
    return largest;
  };

  it.each(PROFILES.map((known) => [known.name, known] as const))(
    '%s: what is drawn has its distributions, long prompts and load make both times longer',
    (_, profile) => {
      const fixed = { ttftMs: 1, itlMs: 1, jitter: 0, seed: 5 };
      const promptTokens = profile.promptTokens!;
      const { tokensPerChunk = 1, streamSigma = 0 } = profile.itl!;
      const measure = (inFlight: number, tokens: number) => {
        const engine = new ProfileEngine({ profile, fixed });
        const request = (i: number) => ({
          digest: digestOf([String(i)]),
          choice: 0,
          promptTokens: tokens,
          maxTokens: 9,
        });
        for (let i = 1; i < inFlight; i++) engine.submit(request(-i), 0);
        const ttft: number[] = [];
        const itl: number[] = [];
        for (let i = 0; i < 3000; i++) {
          const schedule = engine.submit(request(i), 0);
          const firstMs = schedule.nextMs();
          let lastMs = firstMs;
          for (let token = 0; token < tokensPerChunk; token++) lastMs = schedule.nextMs();
          ttft.push(firstMs);
          itl.push((lastMs - firstMs) / tokensPerChunk);
          schedule.release();
        }
        return { ttft, itl };
      };
      const usual = measure(profile.concurrency!, promptTokens);
      // 1.63 / √3000 = 0.03 for one in a hundred.
      expect(distance(usual.ttft, quantileFunction(profile.ttft))).toBeLessThan(0.03);
      if (streamSigma < 0.03) expect(distance(usual.itl, quantileFunction(profile.itl!))).toBeLessThan(0.03);
      const medians = ({ ttft, itl }: typeof usual) => [quantile(ttft, 0.5), quantile(itl, 0.5)] as const;
      const [ttftMs, itlMs] = medians(usual);
      const [longTtftMs, longItlMs] = medians(measure(profile.concurrency!, promptTokens + 20_000));
      const [busyTtftMs, busyItlMs] = medians(measure(profile.concurrency! + 40, promptTokens));
      expect(longTtftMs - ttftMs).toBeGreaterThan(500);
      expect(longItlMs).toBeGreaterThan(itlMs);
      expect(busyTtftMs / ttftMs).toBeGreaterThan(1.3);
      expect(busyItlMs / itlMs).toBeGreaterThan(1.3);
    },
  );

  it('keeps the mean time between tokens that was measured', () => {
    const { itl } = profileByName('bedrock-llama-2-70b');
    const random = createRandom(1, 'gaps');
    const draw = quantileFunction(itl!);
    expect(mean(Array.from({ length: 50_000 }, () => draw(random.normal()))) / 43.9).toBeCloseTo(1, 2);
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
