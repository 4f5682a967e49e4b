/** The clusters of all models on real time: what clients submit goes in, what becomes of it goes back to them. */
import type { Clock } from '../../lib/clock.js';
import {
  Cluster,
  type ClusterRequest,
  type ClusterSink,
  fleetOptions,
  type RequestUsage,
} from '../../simulator/index.js';
import { EventBuffer } from './event-buffer.js';
import {
  AT,
  type ClientMessage,
  EVENT,
  FAILURES,
  type ModelFleet,
  NONE,
  REQUEST_FIELDS,
} from './messages.js';
import type { ModelCluster } from '../../simulator/telemetry/model-cluster.js';
import type { GenerationFailure } from '../generation/generator.js';

/** Requests of client `c` have ids from `c × CLIENT_IDS` on inside the clusters. */
const CLIENT_IDS = 2 ** 40;
/** Of work that no client asked for. */
const NOBODYS = -1;

/** What {@link LiveClusters} are made of. */
export interface LiveClustersOptions {
  fleets: readonly ModelFleet[];
  seed: number;
  timeScale: number;
  clock: Clock;
}

interface Client {
  send: (events: Float64Array) => void;
  events: EventBuffer;
  /** Cluster of each request under way, by id within the clusters. */
  clusters: Map<number, Cluster>;
}

/**
 * Time inside the clusters starts at 0 and runs `timeScale` times as fast as the clock. A client that disconnects gives up
 * its requests. Bounds: those of the clusters; a client has no more requests here than connections.
 */
export class LiveClusters {
  readonly #models: readonly { model: string; cluster: Cluster }[];
  readonly #clients = new Map<number, Client>();
  readonly #clock: Clock;
  readonly #scale: number;
  readonly #startMs: number;
  /** Set while a request is being submitted: whether it was refused. */
  #refused = false;

  /** @throws FakeaiError FAKEAI_SETTING_INVALID for a fleet that cannot be */
  constructor({ fleets, seed, timeScale, clock }: LiveClustersOptions) {
    this.#clock = clock;
    this.#scale = timeScale;
    this.#startMs = clock.nowMs();
    this.#models = fleets.map(({ model, fleet, warm = [] }) => {
      const cluster = new Cluster({ ...fleetOptions(fleet, { seed }), sink: this.#sink() });
      for (const prefix of warm) {
        for (const { index } of cluster.replicas)
          cluster.warm({ id: NOBODYS, arrivalMs: 0, ...prefix }, index, 0);
      }
      return { model, cluster };
    });
  }

  /** A client whose messages will come through {@link receive}. */
  connect(client: number, send: (events: Float64Array) => void): void {
    this.#clients.set(client, { send, events: new EventBuffer(), clusters: new Map() });
  }

  /** Gives up all requests of a client. */
  disconnect(client: number): void {
    const { clusters } = this.#clients.get(client) ?? {};
    this.#clients.delete(client);
    const nowMs = this.#toSimulated(this.#clock.nowMs());
    for (const [id, cluster] of clusters ?? []) cluster.abort(id, nowMs);
  }

  /** Takes what a client says. What comes of it is sent by the next {@link turn}. */
  receive(client: number, message: ClientMessage): void {
    const known = this.#clients.get(client);
    if (!known) return;
    let hashesAt = 0;
    let matchesAt = 0;
    const { requests, hashes, matches, ends } = message;
    for (let at = 0; at < requests.length; at += REQUEST_FIELDS.length) {
      const fields = requests.subarray(at, at + REQUEST_FIELDS.length);
      const hashCount = fields[AT.hashes]!;
      const matchCount = Math.max(0, fields[AT.matches]!);
      this.#submit(
        client,
        fields,
        hashes.subarray(hashesAt, hashesAt + hashCount),
        matches.subarray(matchesAt, matchesAt + matchCount),
      );
      hashesAt += hashCount;
      matchesAt += matchCount;
    }
    const nowMs = this.#toSimulated(this.#clock.nowMs());
    for (let at = 0; at < ends.length; at += 2) {
      const id = client * CLIENT_IDS + ends[at]!;
      known.clusters.get(id)?.abort(id, nowMs, ends[at + 1] === 1 ? 'completed' : 'aborted');
    }
  }

  /**
   * Makes everything happen that is due, and tells the clients.
   *
   * @returns in how many milliseconds of the clock something will happen next if nothing is submitted; Infinity for never
   */
  turn(): number {
    const nowMs = this.#toSimulated(this.#clock.nowMs());
    let nextMs = Number.POSITIVE_INFINITY;
    for (const { cluster } of this.#models) {
      cluster.advance(nowMs);
      nextMs = Math.min(nextMs, cluster.nextEventMs() ?? Number.POSITIVE_INFINITY);
    }
    for (const { events, send } of this.#clients.values()) {
      const message = events.take();
      if (message) send(message);
    }
    return Math.max(0, this.#toReal(nextMs) - this.#clock.nowMs());
  }

  /** The state of all clusters now; parts of it are live objects. */
  snapshot(): ModelCluster[] {
    const nowMs = this.#toSimulated(this.#clock.nowMs());
    return this.#models.map(({ model, cluster }) => {
      cluster.advance(nowMs);
      return { model, cluster: cluster.snapshot() };
    });
  }

  #submit(client: number, fields: Float64Array, blockHashes: Float64Array, matches: Uint8Array): void {
    const { cluster } = this.#models[fields[AT.model]!]!;
    const { clusters, events } = this.#clients.get(client)!;
    const id = client * CLIENT_IDS + fields[AT.id]!;
    const arrivalMs = this.#toSimulated(fields[AT.arrivalMs]!);
    const promptTokens = fields[AT.promptTokens]!;
    const given = fields[AT.outputTokens]!;
    // An answer of unknown length may become as long as there is room for; it ends when its client says so.
    const room = Math.max(1, cluster.longestTokens - promptTokens);
    const request: ClusterRequest = {
      id,
      arrivalMs,
      promptTokens,
      maxTokens: fields[AT.maxTokens]!,
      outputTokens: given === NONE ? Math.min(fields[AT.maxTokens]!, room) : given,
      blockHashes,
      priority: fields[AT.priority]!,
      choices: fields[AT.choices]!,
      ...optional('cacheSalt', fields[AT.salt]!),
      ...optional('sessionId', fields[AT.session]!),
      ...(fields[AT.coalesceKey] !== NONE && { coalesceKey: String(fields[AT.coalesceKey]) }),
      ...(fields[AT.matches] !== NONE && {
        prediction: { matches, tokens: fields[AT.predictionTokens]! },
      }),
    };
    clusters.set(id, cluster);
    this.#refused = false;
    // Accepted first: tokens of an answer that is joined come at once.
    const mark = events.add2(EVENT.accepted, fields[AT.id]!);
    cluster.submit(request, arrivalMs);
    if (this.#refused) events.remove(mark, 2);
  }

  #sink(): ClusterSink {
    const of = (id: number): EventBuffer | undefined =>
      this.#clients.get(Math.floor(id / CLIENT_IDS))?.events;
    return {
      onFirstScheduled: (id, _atMs, cachedTokens) => {
        of(id)?.add3(EVENT.scheduled, id % CLIENT_IDS, cachedTokens);
      },
      onTokens: (id, count, atMs) => {
        of(id)?.add4(EVENT.tokens, id % CLIENT_IDS, count, this.#toReal(atMs));
      },
      onFinish: (id, reason, atMs, usage) => {
        if (reason === 'replica_failed') this.#failed(id, reason);
        else this.#finished(id, usage, atMs);
      },
      onReject: (id, reason) => {
        this.#refused = true;
        this.#failed(id, reason);
      },
    };
  }

  /** Also of requests that their clients gave up: those do not listen any more. */
  #finished(id: number, usage: RequestUsage, atMs: number): void {
    const client = this.#clients.get(Math.floor(id / CLIENT_IDS));
    client?.clusters.delete(id);
    client?.events.add5(
      EVENT.finished,
      id % CLIENT_IDS,
      usage.acceptedPredictionTokens,
      usage.rejectedPredictionTokens,
      this.#toReal(atMs),
    );
  }

  #failed(id: number, failure: GenerationFailure): void {
    const client = this.#clients.get(Math.floor(id / CLIENT_IDS));
    client?.clusters.delete(id);
    client?.events.add3(EVENT.failed, id % CLIENT_IDS, FAILURES.indexOf(failure));
  }

  #toSimulated(realMs: number): number {
    return Math.max(0, (realMs - this.#startMs) * this.#scale);
  }

  #toReal(simulatedMs: number): number {
    return this.#startMs + simulatedMs / this.#scale;
  }
}

const NOBODY: ClusterSink = {
  onFirstScheduled: () => {},
  onTokens: () => {},
  onFinish: () => {},
  onReject: () => {},
};

/** @throws FakeaiError FAKEAI_SETTING_INVALID for a fleet that cannot be */
export const checkFleets = (fleets: readonly ModelFleet[], seed: number): readonly Cluster[] =>
  fleets.map(({ fleet }) => new Cluster({ ...fleetOptions(fleet, { seed }), sink: NOBODY }));

const optional = <K extends string>(key: K, value: number): Partial<Record<K, number>> =>
  value === NONE ? {} : ({ [key]: value } as Partial<Record<K, number>>);
