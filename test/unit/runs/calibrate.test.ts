import { writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/lib/digest.js';
import { createRandom } from '../../../src/lib/random.js';
import type { RequestRecord } from '../../../src/results/request-record.js';
import { formatRunFile } from '../../../src/results/write-run-file.js';
import { calibrate } from '../../../src/runs/calibrate.js';
import { groupMedians, slopeOf } from '../../../src/runs/calibration/dependence.js';
import { tailOf } from '../../../src/runs/calibration/fit.js';
import { readProfile } from '../../../src/server/generation/read-profile.js';
import { curveThrough } from '../../../src/simulator/profile/load-curve.js';
import type { LatencyProfile } from '../../../src/simulator/profile/profile.js';
import { ProfileEngine } from '../../../src/simulator/profile/profile-engine.js';
import { normalScore, quantileFunction } from '../../../src/simulator/profile/quantiles.js';
import { runFile } from '../../fixtures/run.js';
import { temporaryFolder } from '../../support/cli.js';

const folder = temporaryFolder();
afterAll(folder.remove);

const TRUTH: LatencyProfile = {
  format: 'fakeai-profile-1',
  name: 'truth',
  source: 'made up',
  promptTokens: 1000,
  concurrency: 4,
  ttft: {
    at: [0.05, 0.5, 0.95],
    ms: [150, 250, 500],
    tail: { share: 0.02, alpha: 1.6, mostMs: 30_000 },
    perPromptTokenMs: 0.08,
  },
  itl: { at: [0.05, 0.5, 0.95], ms: [9, 11, 16], streamSigma: 0.2, tokensPerChunk: 2 },
  load: { inFlight: [1, 8, 32], ttft: [1, 1.3, 2.5], itl: [1, 1.2, 2] },
};

/**
 * What `--output requests` would hold of a run against a service like {@link TRUTH}: in turn a few and many in flight, the
 * first of each phase as background that never ends.
 */
function records(count: number, target = 'gateway'): RequestRecord[] {
  const random = createRandom(7, 'records');
  const lines: RequestRecord[] = [];
  let nowMs = 0;
  for (const [phase, inFlight] of [1, 8, 16, 32].entries()) {
    const engine = new ProfileEngine({
      profile: TRUTH,
      fixed: { ttftMs: 1, itlMs: 1, jitter: 0, seed: phase },
    });
    const digest = (i: number) => digestOf([`${phase}/${i}`]);
    for (let i = 1; i < inFlight; i++) {
      engine.submit({ digest: digest(-i), choice: 0, promptTokens: 1, maxTokens: 1 }, nowMs);
      lines.push(record(target, nowMs, 1, undefined, nowMs + 1e9));
    }
    for (let i = 0; i < count / 4; i++) {
      const promptTokens = 100 + random.int(1900);
      const schedule = engine.submit({ digest: digest(i), choice: 0, promptTokens, maxTokens: 41 }, nowMs);
      const instants = Array.from({ length: 41 }, () => schedule.nextMs());
      schedule.release();
      // As chunks: the first token alone, the others two by two.
      const chunkMs = instants.filter((ms, token) => token === 0 || ms > instants[token - 1]!);
      lines.push(record(target, nowMs, promptTokens, chunkMs, instants.at(-1)!));
      nowMs = instants.at(-1)! + 1;
    }
    for (const line of lines) if (line.end_ms >= 1e9) line.end_ms = nowMs;
    nowMs += 10;
  }
  return lines;
}

const record = (
  target: string,
  atMs: number,
  inputTokens: number,
  chunkMs: number[] | undefined,
  endMs: number,
): RequestRecord => ({
  target,
  index: 0,
  turn: 0,
  outcome: chunkMs ? 'completed' : 'incomplete',
  at_ms: atMs,
  ...(chunkMs && { chunk_ms: chunkMs }),
  end_ms: endMs,
  planned_input_tokens: inputTokens,
  planned_output_tokens: 41,
  input_tokens: inputTokens,
  input_source: 'usage',
  output_tokens: chunkMs ? 41 : 0,
  output_source: 'usage',
  bytes: 0,
});

const write = (name: string, lines: readonly unknown[]): string => {
  const path = folder.file(name);
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return path;
};

describe('calibrate', () => {
  it('finds the service again that made the requests', async () => {
    const path = write('requests.jsonl', records(6000));
    const { profile, requests, untold } = await calibrate({ path });
    expect(untold).toEqual([]);
    expect(requests).toBe(6000);
    expect(profile.itl!.tokensPerChunk).toBe(2);
    expect(profile.levels!.map(({ inFlight }) => inFlight)).toEqual([1, 8, 16, 32]);
    // The truth says times at four in flight.
    const factors = curveThrough(TRUTH.load!.inFlight, TRUTH.load!.ttft);
    for (const { inFlight, ttft, itl } of profile.levels!) {
      const expectedMs = (0.08 * factors(inFlight)) / factors(4);
      expect(ttft.perPromptTokenMs! / expectedMs).toBeGreaterThan(0.85);
      expect(ttft.perPromptTokenMs! / expectedMs).toBeLessThan(1.15);
      expect(ttft.tail!.alpha).toBeGreaterThan(1.2);
      // Of thirty values.
      expect(ttft.tail!.alpha).toBeLessThan(2.8);
      expect(itl!.streamSigma).toBeGreaterThan(0.17);
      expect(itl!.streamSigma).toBeLessThan(0.23);
    }
    const medianAt = (kind: 'ttft' | 'itl', level: number): number => {
      const { at, ms } = profile.levels![level]![kind]!;
      return ms[at.indexOf(0.5)]!;
    };
    expect(medianAt('ttft', 3) / medianAt('ttft', 0) / 2.5).toBeCloseTo(1, 1);
    expect(medianAt('itl', 3) / medianAt('itl', 0) / 2).toBeCloseTo(1, 1);
  });

  it('makes a profile that a server takes, and that draws what was measured', async () => {
    const path = write('one-load.jsonl', records(4000).slice(0, 1000));
    const { profile } = await calibrate({ path, name: 'again' });
    const file = write('profile.json', [profile]);
    const read = (await readProfile(file))!;
    expect(read.name).toBe('again');
    expect(read.levels).toBeUndefined();
    const draw = quantileFunction(read.ttft);
    // With one in flight where the truth was measured with four.
    const truth = quantileFunction(TRUTH.ttft);
    const measured = 1 + (0.3 * 3) / 7;
    for (const share of [0.1, 0.25, 0.5, 0.75, 0.9]) {
      const expected = (truth(normalScore(share)) + (read.promptTokens! - 1000) * 0.08) / measured;
      expect(draw(normalScore(share)) / expected).toBeGreaterThan(0.93);
      expect(draw(normalScore(share)) / expected).toBeLessThan(1.07);
    }
  });

  it('takes what a run file has', async () => {
    const path = folder.file('run.json');
    const run = runFile();
    writeFileSync(path, formatRunFile(run));
    const { profile, untold } = await calibrate({ path });
    const { p50 } = run.targets[0]!.metrics.ttft!;
    expect(profile.ttft.ms[profile.ttft.at.indexOf(0.5)]! / p50!).toBeCloseTo(1, 1);
    expect(untold.join()).toMatch(/prompt length.*--output requests.*load.*--sweep/);
  });

  it('takes the requests of the target that is named', async () => {
    const lines = [...records(100, 'a').slice(0, 5), ...records(200, 'b')];
    const path = write('two.jsonl', lines);
    expect((await calibrate({ path, target: 'b' })).requests).toBe(200);
    await expect(calibrate({ path, target: 'c' })).rejects.toThrow(/no target "c"; it has a, b/);
    await expect(calibrate({ path })).rejects.toThrow(/5 completed streams, and a profile needs 20/);
  });

  it.each([
    ['not json', '{"target":"a", oops', /line 1: is not JSON/],
    ['no request', '{"target":"a"}', /line 1: index/],
    ['something else', 'hello', /not a fakeai run file/],
  ])('refuses %s', async (_, text, problem) => {
    const path = folder.file('bad.jsonl');
    writeFileSync(path, text);
    await expect(calibrate({ path })).rejects.toThrow(problem);
  });

  it('says so when a run file is given as a profile', async () => {
    const path = folder.file('run-as-profile.json');
    writeFileSync(path, formatRunFile(runFile()));
    await expect(readProfile(path)).rejects.toThrow(/is a run file/);
  });
});

describe('dependence', () => {
  it('tells nothing of what does not vary', () => {
    const same = Array.from({ length: 100 }, () => 500);
    const values = Array.from({ length: 100 }, (_, i) => i);
    expect(groupMedians(same, values)).toBeUndefined();
    expect(groupMedians([1, 1000], [1, 2])).toBeUndefined();
  });

  it('is not moved by outliers', () => {
    const by = Array.from({ length: 400 }, (_, i) => 100 + i * 10);
    const values = by.map((x, i) => (i % 10 === 0 ? 1e6 : 50 + 0.2 * x));
    expect(slopeOf(groupMedians(by, values)!)).toBeCloseTo(0.2, 1);
  });

  it('finds a tail in Pareto values and none in lognormal ones', () => {
    const random = createRandom(3, 'tail');
    const pareto = Array.from({ length: 5000 }, () => (1 - random.next()) ** (-1 / 1.5));
    const lognormal = Array.from({ length: 5000 }, () => Math.exp(0.2 * random.normal()));
    const ascending = (values: number[]) => values.sort((a, b) => a - b);
    expect(tailOf(ascending(pareto))!.alpha).toBeCloseTo(1.5, 0);
    expect(tailOf(ascending(lognormal))).toBeUndefined();
  });
});
