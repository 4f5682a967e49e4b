/** A cluster under test: a plain cost model, a sink that writes down what happens, generated workloads. */

import { createRandom } from '../../src/lib/random.js';
import { Cluster } from '../../src/simulator/cluster/cluster.js';
import { PRIVATE } from '../../src/simulator/cluster/kv/held-runs.js';
import type { CostModel } from '../../src/simulator/cluster/cost.js';
import type { ClusterOptions } from '../../src/simulator/cluster/options.js';
import type {
  ClusterRequest,
  ClusterSink,
  FinishReason,
  RequestUsage,
} from '../../src/simulator/cluster/types.js';

/** 10 ms per step, 0.05 ms per prompt token, 1e-5 ms per token of context. */
export const linearCost = (totalBlocks = 1000): CostModel => ({
  kvBytesPerToken: 100_000,
  kvBlocks: () => totalBlocks,
  stepMs(batch) {
    let ms = 10 + 1e-5 * batch.decodeContextTokens + 0.01 * batch.decodeTokens;
    for (const chunk of batch.prefills) ms += 0.05 * chunk.newTokens;
    return ms;
  },
  activity: () => ({ tensor: 0.25, memory: 0.5, interconnectBytes: 1000 }),
});

export interface Seen {
  firstScheduledMs?: number;
  replica?: number;
  cachedTokens?: number;
  /** Instant of every token. */
  tokenMs: number[];
  /** Tokens of every delivery. */
  chunks: number[];
  finish?: { reason: FinishReason; atMs: number; usage: RequestUsage };
  reject?: { reason: string; atMs: number };
}

/** Writes down everything, per request and as one list of lines. */
export class Recorder {
  readonly seen = new Map<number, Seen>();
  readonly lines: string[] = [];

  of(id: number): Seen {
    let seen = this.seen.get(id);
    if (!seen) this.seen.set(id, (seen = { tokenMs: [], chunks: [] }));
    return seen;
  }

  /** @param runs - take runs of tokens in one call */
  sink(runs: boolean): ClusterSink {
    const token = (id: number, count: number, atMs: number): void => {
      const seen = this.of(id);
      seen.chunks.push(count);
      for (let i = 0; i < count; i++) seen.tokenMs.push(atMs);
      this.lines.push(`${atMs} token ${id} ${count}`);
    };
    const sink: ClusterSink = {
      onFirstScheduled: (id, atMs, cachedTokens, replica) => {
        Object.assign(this.of(id), { firstScheduledMs: atMs, cachedTokens, replica });
        this.lines.push(`${atMs} scheduled ${id} ${cachedTokens} ${replica}`);
      },
      onTokens: token,
      onFinish: (id, reason, atMs, usage) => {
        this.of(id).finish = { reason, atMs, usage };
        this.lines.push(`${atMs} finish ${id} ${reason} ${JSON.stringify(usage)}`);
      },
      onReject: (id, reason, atMs) => {
        this.of(id).reject = { reason, atMs };
        this.lines.push(`${atMs} reject ${id} ${reason}`);
      },
    };
    if (runs) {
      sink.onTokenRun = (ids, from, to, times) => {
        for (const id of ids) for (let step = from + 1; step <= to; step++) token(id, 1, times.endOf(step));
      };
    }
    return sink;
  }
}

export type TestOptions = Omit<Partial<ClusterOptions>, 'sink'> & { runs?: boolean };

export function createCluster(options: TestOptions = {}): { cluster: Cluster; recorder: Recorder } {
  const { runs = false, ...rest } = options;
  const recorder = new Recorder();
  const cluster = new Cluster({
    replicas: 1,
    cost: linearCost(),
    seed: 1,
    ...rest,
    sink: recorder.sink(runs),
  });
  return { cluster, recorder };
}

export const request = (id: number, fields: Partial<ClusterRequest> = {}): ClusterRequest => ({
  id,
  arrivalMs: 0,
  promptTokens: 100,
  outputTokens: 10,
  blockHashes: [],
  ...fields,
});

/** Hashes of `count` blocks that no other call with another `from` shares. */
export const blocks = (from: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => from + i);

export interface WorkloadShape {
  seed: number;
  requests: number;
  /** Mean gap between arrivals. */
  gapMs: number;
  /** Longest prompt and output. */
  promptTokens: number;
  outputTokens: number;
  /** Conversations that share prefixes. */
  families: number;
}

/** Poisson arrivals of prompts that share prefixes within families (blocks of 16 tokens). */
export function workload(shape: WorkloadShape): ClusterRequest[] {
  const random = createRandom(shape.seed, 'test workload');
  let arrivalMs = 0;
  return Array.from({ length: shape.requests }, (_, id) => {
    arrivalMs += Math.floor(random.exponential() * shape.gapMs);
    const promptTokens = 1 + random.int(shape.promptTokens);
    const outputTokens = 1 + random.int(shape.outputTokens);
    const family = random.int(shape.families);
    const shared = random.int(1 + Math.floor(promptTokens / 16));
    const total = Math.floor((promptTokens + outputTokens) / 16);
    return request(id, {
      arrivalMs,
      promptTokens,
      outputTokens,
      blockHashes: Array.from({ length: total }, (__, j) =>
        j < shared ? family * 10_000 + j : 1e9 + id * 1000 + j,
      ),
      priority: random.int(3),
      sessionId: family,
      coalesceKey: `${family}/${promptTokens}`,
    });
  });
}

/** Blocks and references add up on every replica; throws otherwise. */
export function checkBlocks(cluster: Cluster): void {
  for (const replica of cluster.replicas) {
    const { kv, scheduler } = replica;
    const accounted = kv.free + kv.privateBlocks + kv.store.size * kv.unitBlocks;
    if (accounted !== kv.options.totalBlocks) {
      throw new Error(
        `replica ${replica.index}: ${accounted} of ${kv.options.totalBlocks} blocks accounted for`,
      );
    }
    if (kv.free < 0 || kv.privateBlocks < 0)
      throw new Error(`replica ${replica.index}: negative block count`);
    let references = 0;
    const { runs } = kv.store;
    runs.forEach((slot) => {
      references += kv.store.references(slot) * (runs.to(slot) - runs.from(slot));
    });
    // Sequences that hold blocks are running, being loaded or handed over, or wait after a load.
    const held = new Set([...scheduler.running, ...replica.pinned]);
    let counted = 0;
    for (const { held: pieces, heldCount, heldUnits } of held) {
      for (let i = 0; i < heldCount; i += 2) {
        const end = i + 2 < heldCount ? pieces[i + 1]! : heldUnits;
        if (pieces[i] !== PRIVATE) counted += end - (pieces[i - 1] ?? 0);
      }
    }
    if (scheduler.waiting.size === 0 && references !== counted) {
      throw new Error(`replica ${replica.index}: ${references} references for ${counted} uses`);
    }
  }
}

/** No replica that is up is idle while a request waits there that no transfer holds up; throws otherwise. */
export function checkWork(cluster: Cluster): void {
  for (const { index, up, scheduler, stepping, pinned } of cluster.replicas) {
    if (up && scheduler.waiting.size > 0 && !stepping && pinned.size === 0)
      throw new Error(`replica ${index} is idle at ${cluster.nowMs} ms, and ${scheduler.waiting.size} wait`);
  }
}

/** Nothing waits that the deepest queue so far has not counted. */
export function checkQueue(cluster: Cluster): void {
  const { replicas, mostWaiting } = cluster.snapshot();
  const waiting = replicas.reduce((sum, replica) => sum + replica.waiting, 0);
  if (waiting > mostWaiting) throw new Error(`${waiting} wait, at most ${mostWaiting} ever did`);
}
