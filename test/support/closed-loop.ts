/** Closed loops in virtual time, against a simulated cluster or against a profile, as a benchmark would record them. */
import { digestOf } from '../../src/lib/digest.js';
import { createRandom } from '../../src/lib/random.js';
import type { RequestRecord } from '../../src/results/request-record.js';
import { Cluster } from '../../src/simulator/cluster/cluster.js';
import type { CostModel } from '../../src/simulator/cluster/cost.js';
import { Timeline } from '../../src/simulator/cluster/timeline.js';
import type { LatencyProfile } from '../../src/simulator/profile/profile.js';
import { ProfileEngine } from '../../src/simulator/profile/profile-engine.js';

interface Ask {
  index: number;
  inputTokens: number;
  outputTokens: number;
}

/** Somebody who answers: tells the instant of each chunk, and of the end. */
interface Service {
  ask(request: Ask, nowMs: number, heard: { chunk(atMs: number): void; end(atMs: number): void }): void;
  nextMs(): number;
  advance(toMs: number): void;
}

/** A request as it was seen, and the loop that it was part of. */
export interface Seen extends RequestRecord {
  loop: number;
}

/** One loop after the other, each with so many in flight for so long; prompts of 100 to 4,000 tokens, answers of 50 to 250. */
export function closedLoops(
  service: Service,
  inFlight: readonly number[],
  durationMs: number,
  seed: number,
): Seen[] {
  const seen: Seen[] = [];
  const timeline = new Timeline();
  const launch = (loop: number, endMs: number, nowMs: number): void => {
    if (nowMs >= endMs) return;
    const index = seen.length;
    const random = createRandom(seed, 'lengths', index);
    const [inputTokens, outputTokens] = [100 + random.int(3901), 50 + random.int(201)];
    const chunkMs: number[] = [];
    const record: Seen = {
      target: 'service',
      index,
      turn: 0,
      outcome: 'completed',
      at_ms: nowMs,
      chunk_ms: chunkMs,
      end_ms: Number.NaN,
      planned_input_tokens: inputTokens,
      planned_output_tokens: outputTokens,
      input_tokens: inputTokens,
      input_source: 'usage',
      output_tokens: outputTokens,
      output_source: 'usage',
      bytes: 0,
      loop,
    };
    seen.push(record);
    service.ask({ index, inputTokens, outputTokens }, nowMs, {
      chunk: (atMs) => void (chunkMs.at(-1) !== atMs && chunkMs.push(atMs)),
      end: (atMs) => {
        record.end_ms = atMs;
        timeline.at(atMs, (dueMs) => launch(loop, endMs, dueMs));
      },
    });
  };
  for (const [loop, count] of inFlight.entries()) {
    const startMs = loop * (durationMs + 60_000);
    for (let i = 0; i < count; i++)
      timeline.at(startMs + 5 * i, (nowMs) => launch(loop, startMs + durationMs, nowMs));
  }
  for (;;) {
    const [own, others] = [timeline.firstMs, service.nextMs()];
    if (Math.min(own, others) === Infinity) return seen;
    if (others <= own) service.advance(others);
    else timeline.runFirst();
  }
}

/** A cluster as a service. */
export function clusterService(cost: CostModel, seed: number): Service {
  const heard = new Map<number, Parameters<Service['ask']>[2]>();
  const cluster = new Cluster({
    replicas: 1,
    cost,
    seed,
    sink: {
      onFirstScheduled: () => {},
      onTokens: (id, _count, atMs) => heard.get(id)!.chunk(atMs),
      onFinish: (id, _reason, atMs) => heard.get(id)!.end(atMs),
      onReject: () => {},
    },
  });
  return {
    ask: ({ index: id, inputTokens: promptTokens, outputTokens }, arrivalMs, listener) => {
      heard.set(id, listener);
      cluster.submit({ id, arrivalMs, promptTokens, outputTokens, blockHashes: [] }, arrivalMs);
    },
    nextMs: () => cluster.nextEventMs() ?? Infinity,
    advance: (toMs) => cluster.advance(toMs),
  };
}

/** A profile as a service. */
export function profileService(profile: LatencyProfile, seed: number): Service {
  const engine = new ProfileEngine({ profile, fixed: { ttftMs: 1, itlMs: 1, jitter: 0, seed } });
  const timeline = new Timeline();
  return {
    ask: ({ index, inputTokens: promptTokens, outputTokens: maxTokens }, nowMs, listener) => {
      const schedule = engine.submit(
        { digest: digestOf([String(index)]), choice: 0, promptTokens, maxTokens },
        nowMs,
      );
      let tokens = 0;
      const next = (): void =>
        timeline.at(schedule.nextMs(), (atMs) => {
          listener.chunk(atMs);
          if (++tokens < maxTokens) return next();
          schedule.release();
          listener.end(atMs);
        });
      next();
    },
    nextMs: () => timeline.firstMs,
    advance: () => timeline.runFirst(),
  };
}
