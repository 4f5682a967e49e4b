import { describe, expect, it } from 'vitest';
import type { GenerationRequest } from '../../../../src/server/generation/generator.js';
import { Bench, type Heard } from '../../../support/live-bench.js';
import { generationRequest } from '../../../support/scripted-generator.js';

const BLOCKS = Array.from({ length: 200 }, (_, i) => i * 7);
const LONG = { promptTokens: 3200, blockHashes: () => BLOCKS };

describe('LiveClusters', () => {
  it('gives the tokens of a request at the instants of its steps', async () => {
    const bench = new Bench();
    const { heard } = bench.start({ promptTokens: 1000, outputTokens: 5 });
    const nextMs = await bench.go(0);
    expect(heard).toMatchObject({ calls: ['accepted'], tokens: 0 });
    expect(nextMs).toBeGreaterThan(5);
    await bench.go(nextMs + 0.001);
    expect(heard.tokens).toBe(1);
    expect(heard.instantsMs[0]).toBeCloseTo(1000 + nextMs, 6);
    await bench.go(1000);
    expect(heard).toMatchObject({ calls: ['accepted', 'finished'], tokens: 5 });
    expect(await bench.go(0)).toBe(Number.POSITIVE_INFINITY);
    bench.close();
  });

  it('lets the thread hand on by itself what a step yields, at its instant', async () => {
    const bench = new Bench();
    const { heard } = bench.start({ promptTokens: 1000, outputTokens: 3 });
    const first = await bench.go(0);
    bench.nowMs += first + 0.001;
    // Nobody asks the clusters.
    bench.tick();
    expect(heard).toMatchObject({ calls: ['accepted'], tokens: 1 });
    // At the instant itself they only wake the thread, and go on a little later.
    const rest = bench.clusters.turn();
    expect(rest).toBeGreaterThan(0.3);
    expect(rest).toBeLessThanOrEqual(3);
    expect(bench.clusters.turn()).toBe(rest);
    await bench.go(rest);
    await bench.go(1000);
    expect(heard).toMatchObject({ calls: ['accepted', 'finished'], tokens: 3 });
    expect(new Set(heard.instantsMs).size).toBe(3);
    bench.close();
  });

  it('says of tokens that they are near as soon as it knows of their step, once each, and not before it has had its turn', async () => {
    const bench = new Bench();
    const near: number[] = [];
    const begin = (name: number) =>
      bench.generators[0]!.start(
        generationRequest(0, { model: 'llama-3.1-8b', promptTokens: 10, outputTokens: 3, arrivalMs: 1000 }),
        {
          onAccepted: () => {},
          onTokens: () => near.push(-name),
          onNear: () => near.push(name),
          onFinished: () => {},
          onFailed: () => {},
        },
      );
    const begun = Array.from({ length: 40 }, (_, i) => begin(i + 1));
    const stepMs = await bench.go(0);
    await bench.heard();
    expect(near).toEqual(begun.map((_, i) => i + 1));
    // Whoever gives up hears of nothing.
    begun[0]!.cancel();
    near.length = 0;
    await bench.go(stepMs);
    expect(near.filter((name) => name < 0)).toHaveLength(39);
    await bench.go(1);
    await bench.heard();
    expect(near.filter((name) => name > 0)).toEqual(begun.slice(1).map((_, i) => i + 2));
    bench.close();
  });

  it.each([
    ['that it knows of', (bench: Bench) => bench.tick()],
    ['that it is woken for', (bench: Bench) => bench.clusters.turn()],
  ])('has what is written for a step %s made first and written then', async (_how, handOn) => {
    const bench = new Bench();
    const [generator, outbox] = [bench.generators[0]!, bench.outboxes[0]!];
    const seen: string[] = [];
    let dueMs = Number.NaN;
    for (const name of ['a', 'b']) {
      const sender = { flush: () => seen.push(`${name} written at +${bench.nowMs++ - dueMs}`) };
      generator.start(
        generationRequest(0, { model: 'llama-3.1-8b', promptTokens: 100, outputTokens: 3, arrivalMs: 1000 }),
        {
          onAccepted: () => {},
          onTokens: () => {
            seen.push(`${name} made at +${bench.nowMs++ - dueMs}`);
            expect(outbox.holds(sender)).toBe(true);
          },
          onFinished: () => {},
          onFailed: () => {},
        },
      );
    }
    dueMs = 1000 + (await bench.go(0));
    bench.nowMs = dueMs;
    handOn(bench);
    await bench.heard();
    expect(seen).toEqual(['a made at +0', 'b made at +1', 'a written at +2', 'b written at +3']);
    expect(outbox.holds({ flush: () => {} })).toBe(false);
    // Of each token, until it was written.
    expect(generator.lateness.report()).toMatchObject({ count: 2, meanMs: 2.5, maxMs: 3 });
    bench.close();
  });

  it.each([
    ['in time', 2],
    ['when the token had been handed on already', 30],
  ])('takes back what a crash undoes, told %s', async (_when, learntMs) => {
    const crashMs = 105;
    const tokens = async (failure: string[]): Promise<Heard> => {
      const bench = new Bench({ replicas: 2, failure, router: 'round-robin' });
      const { heard } = bench.start({ promptTokens: 1000, outputTokens: 50 });
      // The step in progress was told of; that it is lost is learnt of after a while.
      for (let ms = 0; ms < crashMs - 0.5; ms += 0.5) await bench.go(0.5);
      await bench.go(learntMs);
      for (let i = 0; i < 100; i++) await bench.go(5);
      bench.close();
      return heard;
    };
    const crashed = await tokens([`crash:0@${crashMs}ms+100ms`, `crash:1@${crashMs}ms+100ms`]);
    const healthy = await tokens([]);
    expect(healthy).toMatchObject({ calls: ['accepted', 'finished'], tokens: 50 });
    expect(crashed).toMatchObject({ calls: ['accepted', 'finished'], tokens: 50 });
    expect(crashed.instantsMs.at(-1)).toBeGreaterThan(healthy.instantsMs.at(-1)! + 90);
  });

  it('runs faster by the time scale', async () => {
    const firstToken = async (timeScale: number): Promise<number> => {
      const bench = new Bench({ timeScale });
      const { heard } = bench.start({ promptTokens: 1000, outputTokens: 1 });
      await bench.go(0);
      await bench.go(1000);
      bench.close();
      return heard.instantsMs[0]! - 1000;
    };
    expect(await firstToken(1)).toBeCloseTo(10 * (await firstToken(10)), 6);
  });

  it('lets requests of all clients compete for the same batch', async () => {
    const lastToken = async (others: number): Promise<number> => {
      const bench = new Bench({}, 2);
      const { heard } = bench.start({ promptTokens: 100, outputTokens: 10 }, 0);
      for (let i = 0; i < others; i++) bench.start({ promptTokens: 4000, outputTokens: 10 }, 1);
      await bench.go(0);
      await bench.go(10_000);
      bench.close();
      expect(heard.tokens).toBe(10);
      return heard.instantsMs.at(-1)!;
    };
    expect(await lastToken(8)).toBeGreaterThan(1.5 * (await lastToken(0)));
  });

  it('finds a prefix again, unless the salt differs', async () => {
    const bench = new Bench();
    const ask = async (more: Partial<GenerationRequest> = {}): Promise<Heard> => {
      const { heard } = bench.start({ ...LONG, outputTokens: 2, ...more });
      await bench.go(0);
      await bench.go(10_000);
      return heard;
    };
    expect((await ask()).cachedTokens).toBe(0);
    expect((await ask()).cachedTokens).toBe(3184);
    expect((await ask({ cacheSalt: 'tenant' })).cachedTokens).toBe(0);
    expect((await ask({ cacheSalt: 'tenant' })).cachedTokens).toBe(3184);
    // The other model has a cluster of its own.
    expect((await ask({ model: 'qwen3-8b' })).cachedTokens).toBe(0);
    bench.close();
  });

  it('takes a request out of the batch when its reader goes', async () => {
    const bench = new Bench();
    const { generation } = bench.start({ promptTokens: 100, outputTokens: 1000 });
    await bench.go(0);
    await bench.go(100);
    expect(bench.clusters.snapshot()[0]!.cluster.replicas[0]!.running).toBe(1);
    generation.cancel();
    await bench.go(100);
    const { cluster } = bench.clusters.snapshot()[0]!;
    expect(cluster.replicas[0]).toMatchObject({ running: 0, waiting: 0, usedBlocks: 0 });
    expect(cluster.totals).toMatchObject({ aborted: 1, completed: 0 });
    bench.close();
  });

  it('counts an answer that ended early as completed', async () => {
    const bench = new Bench();
    const { heard, generation } = bench.start({ promptTokens: 100, maxTokens: 131_072 });
    await bench.go(0);
    await bench.go(200);
    generation.complete();
    const before = heard.tokens;
    await bench.go(1000);
    expect(heard).toMatchObject({ calls: ['accepted'], tokens: before });
    expect(bench.clusters.snapshot()[0]!.cluster.totals).toMatchObject({ aborted: 0, completed: 1 });
    bench.close();
  });

  it('refuses what is too long, and what the queue has no room for', async () => {
    const bench = new Bench({ maxNumSeqs: 1, maxQueue: 1 });
    const tooLong = bench.start({ promptTokens: 10_000_000, outputTokens: 1 }).heard;
    const others = [1, 2, 3].map(() => bench.start({ promptTokens: 100, outputTokens: 5 }).heard);
    await bench.go(0);
    await bench.go(10_000);
    expect(tooLong.calls).toEqual(['context_too_long']);
    expect(others.map(({ calls }) => calls)).toEqual([
      ['accepted', 'finished'],
      ['accepted', 'finished'],
      ['queue_full'],
    ]);
    bench.close();
  });

  it('gives up the requests of a client that disconnects', async () => {
    const bench = new Bench({}, 2);
    bench.start({ promptTokens: 100, outputTokens: 1000 }, 0);
    const { heard } = bench.start({ promptTokens: 100, outputTokens: 10 }, 1);
    await bench.go(0);
    bench.clusters.disconnect(0);
    await bench.go(5000);
    expect(heard.calls).toEqual(['accepted', 'finished']);
    expect(bench.clusters.snapshot()[0]!.cluster.totals).toMatchObject({ aborted: 1, completed: 1 });
    bench.close();
  });
});
