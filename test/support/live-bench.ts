/** The live clusters and the threads' side of them, on one thread and with a clock that the test moves. */
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { serverSchema } from '../../src/config/schema.js';
import { DeadlineWheel } from '../../src/lib/deadline-wheel.js';
import { LatenessHistogram } from '../../src/lib/lateness.js';
import { ClusterGenerator } from '../../src/server/cluster/cluster-generator.js';
import { LiveClusters } from '../../src/server/cluster/live-clusters.js';
import type { ClientMessage } from '../../src/server/cluster/messages.js';
import type { GenerationRequest } from '../../src/server/generation/generator.js';
import { fleetsOf } from '../../src/server/generation/latency.js';
import { Outbox } from '../../src/server/http/outbox.js';
import { generationRequest } from './scripted-generator.js';

/** What a listener heard; instants are those of the test's clock, to a hundredth of a millisecond. */
export interface Heard {
  calls: string[];
  tokens: number;
  instantsMs: number[];
  cachedTokens: number;
}

/** Clusters and their clients on one thread, with a clock that the test moves. */
export class Bench {
  nowMs = 1000;
  readonly clusters: LiveClusters;
  readonly generators: ClusterGenerator[] = [];
  /** Of each client. */
  readonly outboxes: Outbox[] = [];
  readonly #ticks: (() => void)[] = [];
  readonly #ports: { client: number; take: () => void }[] = [];

  constructor(settings: Record<string, unknown> = {}, clients = 1) {
    const options = serverSchema.parse({ model: ['llama-3.1-8b', 'qwen3-8b'], tp: 1, ...settings });
    const clock = { nowMs: () => this.nowMs, wallMs: () => 0 };
    const fleets = fleetsOf(options);
    this.clusters = new LiveClusters({ fleets, seed: 1, timeScale: options.timeScale, clock });
    for (let client = 0; client < clients; client++) this.#connect(client, options.model, clock);
  }

  #connect(client: number, models: string[], clock: { nowMs(): number; wallMs(): number }): void {
    const { port1, port2 } = new MessageChannel();
    const bell = new Int32Array(new SharedArrayBuffer(4));
    const ticks = {
      onTick: (tick: () => void) => void this.#ticks.push(tick),
      arm: () => {},
      close: () => {},
    };
    const lateness = new LatenessHistogram();
    const outbox = new Outbox(clock, lateness);
    this.outboxes.push(outbox);
    const wheel = new DeadlineWheel({ clock, ticks, lateness, gathering: outbox });
    const generator = new ClusterGenerator({
      link: { client, port: port2, bell },
      models,
      clock,
      wheel,
      gathering: outbox,
      cachedBlockTokens: 16,
    });
    this.clusters.connect(client, (message) => port1.postMessage(message));
    this.generators.push(generator);
    const take = (): void => {
      for (let next = receiveMessageOnPort(port1); next; next = receiveMessageOnPort(port1)) {
        this.clusters.receive(client, next.message as ClientMessage);
      }
    };
    this.#ports.push({ client, take });
  }

  start(request: Partial<GenerationRequest> = {}, client = 0) {
    const heard: Heard = { calls: [], tokens: 0, instantsMs: [], cachedTokens: 0 };
    const generation = this.generators[client]!.start(
      generationRequest(0, { model: 'llama-3.1-8b', arrivalMs: this.nowMs, ...request }),
      {
        onAccepted: () => void heard.calls.push('accepted'),
        onTokens: (count, usage, readyMs) => {
          heard.tokens += count;
          heard.cachedTokens = usage.cachedTokens;
          heard.instantsMs.push(readyMs);
        },
        onFinished: () => void heard.calls.push('finished'),
        onFailed: (failure) => void heard.calls.push(failure),
      },
    );
    return { heard, generation };
  }

  /** What the threads' own timers do. */
  tick(): void {
    for (const tick of this.#ticks) tick();
  }

  /** Lets everything that was said arrive, moves the clock, and lets the answers arrive. */
  async go(byMs: number): Promise<number> {
    await turns();
    for (const { take } of this.#ports) take();
    this.nowMs += byMs;
    this.tick();
    const nextMs = this.clusters.turn();
    await turns();
    return nextMs;
  }

  /** Lets everything that was said arrive at the threads. */
  heard(): Promise<void> {
    return turns();
  }

  close(): void {
    for (const generator of this.generators) generator.close();
  }
}

async function turns(): Promise<void> {
  for (let i = 0; i < 4; i++) await new Promise((resolve) => setImmediate(resolve));
}
