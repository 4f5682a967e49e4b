import { describe, expect, it } from 'vitest';
import { Exposition, expositionText } from '../../../../src/lib/exposition.js';
import { LatenessHistogram } from '../../../../src/lib/lateness.js';
import { createRandom, type Random } from '../../../../src/lib/random.js';
import {
  dynamoFrontendMetrics,
  vllmServerMetrics,
} from '../../../../src/server/telemetry/derived-metrics.js';
import { adapterMetrics } from '../../../../src/server/telemetry/model-adapters.js';
import { ENDPOINTS } from '../../../../src/server/telemetry/endpoint-kinds.js';
import { ownMetrics } from '../../../../src/server/telemetry/own-metrics.js';
import { clusterPacker, clusterUnpacker } from '../../../../src/server/telemetry/packed-clusters.js';
import { KeptReport, PACING_S, type ServerReport } from '../../../../src/server/telemetry/report.js';
import { ThreadMeters } from '../../../../src/server/telemetry/thread-meters.js';
import { createCostModel } from '../../../../src/simulator/cluster/cost-model.js';
import { dcgmMetrics } from '../../../../src/simulator/telemetry/dcgm.js';
import { dynamoMetrics } from '../../../../src/simulator/telemetry/dynamo.js';
import { engineMetrics } from '../../../../src/simulator/telemetry/engine.js';
import type { ModelCluster } from '../../../../src/simulator/telemetry/model-cluster.js';
import { vllmMetrics } from '../../../../src/simulator/telemetry/vllm.js';
import { createCluster, request } from '../../../support/cluster.js';
import { parseExposition } from '../../../support/prometheus.js';

const cost = createCostModel({ architecture: 'llama-3.1-8b', gpu: 'h100', tensorParallel: 2 });

function writeCluster(out: Exposition, clusters: readonly ModelCluster[]): void {
  for (const dialect of [engineMetrics, vllmMetrics, dynamoMetrics, dcgmMetrics]) dialect(out, clusters);
}

/** Writes a kept page and a new one from the same state, which is to give the same bytes. */
function expectSame(kept: Exposition, write: (out: Exposition) => void): string {
  write(kept.begin());
  const text = kept.finish().toString();
  expect(text).toBe(expositionText(write));
  parseExposition(text);
  return text;
}

describe('pages of a cluster that are kept', () => {
  it.each([
    ['a plain fleet', { replicas: 3 }],
    [
      'speculation, which begins late',
      { replicas: 1, speculation: { method: 'eagle', acceptance: [0.9, 0.5] } },
    ],
    [
      'replicas that fail',
      { replicas: 2, failures: [{ kind: 'xid', replica: 1, atMs: 1500, code: 48, downMs: 800 }] },
    ],
    ['two pools', { replicas: 3, disaggregation: { prefillReplicas: 1 } }],
  ] as const)('say what new ones would: %s', (_name, options) => {
    const { cluster } = createCluster({ cost, ...(options as object) });
    const packer = clusterPacker();
    const unpacker = clusterUnpacker();
    const kept = new Exposition();
    const random = createRandom(1, 'kept');
    const texts = new Set<string>();
    for (let turn = 0, atMs = 0; turn < 25; turn++, atMs += 200) {
      cluster.advance(atMs);
      for (let i = random.int(4); i > 0; i--)
        cluster.submit(request(turn * 10 + i, { arrivalMs: atMs, outputTokens: 1 + random.int(200) }), atMs);
      const clusters = unpacker.read(packer.write([{ model: 'm', cluster: cluster.snapshot() }]));
      texts.add(expectSame(kept, (out) => writeCluster(out, clusters)));
    }
    expect(texts.size).toBe(25);
  });
});

const pick = <T>(random: Random, from: readonly T[]): T => from[random.int(from.length)]!;

/** A thread that does this and that. */
class Busy {
  readonly meters = new ThreadMeters();
  readonly lateness = new LatenessHistogram();

  constructor(readonly random: Random) {}

  work(): void {
    const { random } = this;
    const name = pick(random, ['m', 'ft:m:x', 'other']);
    const model = this.meters.model(name);
    const kind = { endpoint: pick(random, ENDPOINTS), streamed: random.int(2) === 1 };
    model.begun();
    if (random.int(3) > 0) model.unqueued();
    if (random.int(2) > 0) {
      model.ttftS.observe(random.next());
      this.meters.account({
        model: name,
        promptTokens: random.int(900),
        cachedTokens: random.int(2),
        completionTokens: 5,
        ...kind,
      });
    } else model.lost(kind, pick(random, ['cancelled', 'queue_full', 'replica_failed']));
    if (random.int(2) > 0) model.ended(pick(random, ['completed', 'cancelled']));
    this.meters.answered(
      pick(random, ['POST /chat/completions', 'GET /metrics', 'none']),
      pick(random, [200, 429, 499]),
      3,
    );
    this.lateness.record(random.next() * 9);
  }

  stats(): ServerReport['threads'][number] {
    return {
      requests: 1,
      errors: 2,
      activeStreams: this.random.int(9),
      connections: 4,
      pacing: this.lateness.report(),
      lateness: this.lateness.counts(),
      pacingS: this.lateness.histogram(PACING_S),
      loop: { utilization: this.random.next(), delayMeanMs: 0.1, delayP99Ms: 2, delayMaxMs: 30 },
      meters: this.meters,
    };
  }
}

describe('pages of the server’s own counts that are kept', () => {
  it('say what new ones would, whatever comes up and whichever threads serve', () => {
    const random = createRandom(2, 'own');
    const threads = [new Busy(random), new Busy(random)];
    const { cluster } = createCluster({ cost });
    const clusters = [{ model: 'm', cluster: cluster.snapshot() }];
    const reports = new KeptReport();
    const kept = new Exposition();
    for (let turn = 0; turn < 60; turn++) {
      for (const thread of threads) if (random.int(2) > 0) thread.work();
      const serving = turn % 20 === 19 ? threads.slice(1) : threads;
      const report: ServerReport = {
        uptimeMs: turn * 7,
        wallMs: turn,
        cpuMs: turn / 3,
        residentBytes: 1e8 + turn,
        latency: 'physics',
        threads: serving.map((thread) => thread.stats()),
        clusters,
      };
      const write = (out: Exposition, from: ServerReport): void => {
        for (const dialect of [ownMetrics, dynamoFrontendMetrics, adapterMetrics]) dialect(out, from);
        if (turn % 2 === 0) vllmServerMetrics(out, from);
      };
      write(kept.begin(), reports.keep(report));
      const lines = (text: string): string[] => text.split('\n').toSorted();
      // The order of models is that in which they came up.
      const text = kept.finish().toString();
      expect(lines(text)).toEqual(lines(expositionText((out) => write(out, report))));
      parseExposition(text);
    }
  });
});
