import { describe, expect, it } from 'vitest';
import {
  expectedTokensPerStep,
  type SpeculationOptions,
} from '../../../../src/simulator/cluster/speculation.js';
import { createCluster, request } from '../../../support/cluster.js';

/** Time per output token and the replica's statistics for one long answer. */
function decode(speculation?: SpeculationOptions) {
  const { cluster, recorder } = createCluster(speculation ? { speculation } : {});
  cluster.submit(request(1, { outputTokens: 4000 }), 0);
  cluster.advance(Infinity);
  const seen = recorder.of(1);
  const steps = seen.chunks.length - 1;
  return {
    tpotMs: (seen.tokenMs.at(-1)! - seen.tokenMs[0]!) / 3999,
    tokensPerStep: 3999 / steps,
    statistics: cluster.snapshot().replicas[0]!.speculation,
    tokens: seen.tokenMs.length,
  };
}

describe('speculative decoding', () => {
  const acceptance = [0.9, 0.8, 0.7, 0.6];

  it('gives the tokens per step that its probabilities say', () => {
    expect(expectedTokensPerStep([0.85, 0.3, 0])).toBeCloseTo(1 + 0.85 + 0.255, 12);
    const { tokensPerStep, tokens, statistics } = decode({ method: 'mtp', acceptance });
    expect(tokens).toBe(4000);
    expect(tokensPerStep / expectedTokensPerStep(acceptance)).toBeGreaterThan(0.95);
    expect(tokensPerStep / expectedTokensPerStep(acceptance)).toBeLessThan(1.05);
    expect(statistics.acceptedTokens).toBe(statistics.acceptedPerPosition.reduce((a, b) => a + b, 0));
    expect(statistics.acceptedPerPosition[0]! / statistics.drafts).toBeCloseTo(0.9, 1);
  });

  it('speeds up 2 to 5 times where acceptance warrants it, and not where it does not', () => {
    const plain = decode().tpotMs;
    const good = plain / decode({ method: 'eagle', acceptance }).tpotMs;
    expect(good).toBeGreaterThan(2);
    expect(good).toBeLessThan(5);
    expect(plain / decode({ method: 'eagle', acceptance: [0, 0, 0, 0] }).tpotMs).toBeLessThan(1);
  });

  it('by n-gram drafts only when it has something to propose', () => {
    const rare = decode({ method: 'ngram', acceptance: [0.9, 0.9], proposalRate: 0.2 });
    expect(rare.statistics.drafts / rare.statistics.draftTokens).toBeCloseTo(0.5, 2);
    expect(rare.tokensPerStep).toBeCloseTo(1 + 0.2 * (0.9 + 0.81), 1);
  });
});

describe('predicted outputs', () => {
  const withPrediction = (matches: number[]) => {
    const { cluster, recorder } = createCluster();
    const outputTokens = matches.length;
    cluster.submit(request(1, { outputTokens, prediction: { matches, tokens: outputTokens } }), 0);
    cluster.advance(Infinity);
    return recorder.of(1);
  };

  it('save steps where they are right, and count what was accepted and rejected', () => {
    const right = withPrediction(Array.from({ length: 100 }, () => 1));
    expect(right.tokenMs.length).toBe(100);
    expect(right.chunks.length).toBeLessThan(10);
    const { usage } = right.finish!;
    expect(usage.acceptedPredictionTokens).toBe(100 - right.chunks.length);
    expect(usage.rejectedPredictionTokens).toBe(right.chunks.length);
  });

  it('save nothing where they are wrong', () => {
    const wrong = withPrediction(Array.from({ length: 100 }, () => 0));
    expect(wrong.chunks.length).toBe(100);
    expect(wrong.finish!.usage).toMatchObject({ acceptedPredictionTokens: 0, rejectedPredictionTokens: 100 });
  });
});
