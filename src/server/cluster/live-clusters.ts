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
import { WakeUps } from './wake-ups.js';
import type { ModelCluster } from '../../simulator/telemetry/model-cluster.js';
import type { GenerationFailure } from '../generation/generator.js';

/** Requests of client `c` have ids from `c × CLIENT_IDS` on inside the clusters. */
const CLIENT_IDS = 2 ** 40;
/** Of work that no client asked for. */
const NOBODYS = -1;
/** What is nearer than this, in milliseconds of the clock, is not told of before it is there: it would arrive too late. */
const MIN_AHEAD_MS = 0.3;
/** So much later than steps end {@link LiveClusters.turn} is asked for, at most, where their tokens were told of before. */
const REST_MS = 1;
/** The same as a share of the steps: the next ones must be told of early enough. */
const REST_SHARE = 0.25;
const NO_EVENTS = new Float64Array(0);

/** What {@link LiveClusters} are made of. */
export interface LiveClustersOptions {
  fleets: readonly ModelFleet[];
  seed: number;
  timeScale: number;
  clock: Clock;
}

/** A request under way. Instants are those of its cluster. */
interface Underway {
  readonly cluster: Cluster;
  /** When the token comes that its client was told of before it was there; NaN for none. */
  toldMs: number;
  /** When it is completed, where its client was told so before. */
  toldEndMs: number;
}

interface Client {
  send: (events: Float64Array) => void;
  events: EventBuffer;
  /** Requests under way, by id within the clusters. */
  requests: Map<number, Underway>;
  /** Place of the list of a step that is being told of, and its end. */
  stepAt: number;
  stepMs: number;
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
  /** Something was submitted or given up since time went on. */
  #changed = true;
  /** When, on the clock, time is to go on inside the clusters. */
  #dueMs = Infinity;
  /** No more than replicas times clients. */
  readonly #wakeUps = new WakeUps<Client>();
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
    const nothingTold = { stepAt: 0, stepMs: Number.NaN };
    this.#clients.set(client, { send, events: new EventBuffer(), requests: new Map(), ...nothingTold });
  }

  /** Gives up all requests of a client. */
  disconnect(client: number): void {
    const { requests } = this.#clients.get(client) ?? {};
    this.#clients.delete(client);
    this.#changed = true;
    const nowMs = this.#toSimulated(this.#clock.nowMs());
    for (const [id, { cluster }] of requests ?? []) cluster.abort(id, nowMs);
  }

  /** Takes what a client says. What comes of it is sent by the next {@link turn}. */
  receive(client: number, message: ClientMessage): void {
    const known = this.#clients.get(client);
    if (!known) return;
    this.#changed = true;
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
      known.requests.get(id)?.cluster.abort(id, nowMs, ends[at + 1] === 1 ? 'completed' : 'aborted');
    }
  }

  /**
   * Makes everything happen that is due, and tells the clients: of tokens that are there, and of those that the steps in
   * progress will yield, so that they can be handed on without delay. When such a step ends, its clients get nothing but an
   * empty message at first: what follows from it is computed a little later, when they have had the processors for themselves.
   *
   * @returns in how many milliseconds of the clock it should be called again if nothing is submitted; Infinity for never
   */
  turn(): number {
    const nowMs = this.#clock.nowMs();
    this.#wake(nowMs);
    if (this.#changed || nowMs >= this.#dueMs) this.#advance();
    return Math.max(0, Math.min(this.#dueMs, this.#wakeUps.nextMs) - this.#clock.nowMs());
  }

  /** Wakes the clients whose steps have ended. */
  #wake(nowMs: number): void {
    for (const { send } of this.#wakeUps.take(nowMs)) send(NO_EVENTS);
  }

  #advance(): void {
    this.#changed = false;
    const nowMs = this.#toSimulated(this.#clock.nowMs());
    this.#dueMs = Infinity;
    for (const { cluster } of this.#models) {
      cluster.advance(nowMs);
      const eventMs = cluster.nextEventMs();
      if (eventMs === undefined) continue;
      this.#dueMs = Math.min(this.#dueMs, this.#toReal(eventMs) + this.#tellAhead(cluster));
    }
    for (const { events, send } of this.#clients.values()) {
      const message = events.take();
      if (message) send(message);
    }
  }

  /**
   * Tells of what is to come.
   *
   * @returns how much later than the next event, in milliseconds of the clock, it is early enough to look again
   */
  #tellAhead(cluster: Cluster): number {
    for (const client of this.#clients.values()) client.stepMs = Number.NaN;
    const fromMs = this.#toSimulated(this.#clock.nowMs() + MIN_AHEAD_MS);
    const shortestMs = cluster.foresee((id, last, atMs) => {
      if (atMs >= fromMs) this.#tell(id, last, atMs);
    });
    const restMs = Math.min(REST_MS, (REST_SHARE * shortestMs) / this.#scale);
    return restMs < MIN_AHEAD_MS ? 0 : restMs;
  }

  #tell(id: number, last: boolean, atMs: number): void {
    const client = this.#clients.get(Math.floor(id / CLIENT_IDS));
    const request = client?.requests.get(id);
    if (!client || !request) return;
    if (client.stepMs !== atMs) this.#beginStep(client, atMs);
    const own = id % CLIENT_IDS;
    client.events.append(client.stepAt, last ? -own : own);
    request.toldMs = atMs;
    if (last) request.toldEndMs = atMs;
  }

  #beginStep(client: Client, atMs: number): void {
    const realMs = this.#toReal(atMs);
    client.stepMs = atMs;
    client.stepAt = client.events.add3(EVENT.step, realMs, 0);
    this.#wakeUps.add(realMs, client);
  }

  /** The state of all clusters now; parts of it are live objects. */
  snapshot(): ModelCluster[] {
    const nowMs = this.#toSimulated(this.#clock.nowMs());
    this.#changed = true;
    return this.#models.map(({ model, cluster }) => {
      cluster.advance(nowMs);
      return { model, cluster: cluster.snapshot() };
    });
  }

  #submit(client: number, fields: Float64Array, blockHashes: Float64Array, matches: Uint8Array): void {
    const { cluster } = this.#models[fields[AT.model]!]!;
    const { requests, events } = this.#clients.get(client)!;
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
    requests.set(id, { cluster, toldMs: Number.NaN, toldEndMs: Number.NaN });
    this.#refused = false;
    // Accepted first: tokens of an answer that is joined come at once.
    const mark = events.add2(EVENT.accepted, fields[AT.id]!);
    cluster.submit(request, arrivalMs);
    if (this.#refused) events.remove(mark, 2);
  }

  #sink(): ClusterSink {
    const of = (id: number): Client | undefined => this.#clients.get(Math.floor(id / CLIENT_IDS));
    return {
      onFirstScheduled: (id, _atMs, cachedTokens) => {
        of(id)?.events.add3(EVENT.scheduled, id % CLIENT_IDS, cachedTokens);
      },
      onTokens: (id, count, atMs) => {
        const client = of(id);
        const request = client?.requests.get(id);
        if (!client || !request) return;
        if (request.toldMs === atMs) request.toldMs = Number.NaN;
        else client.events.add4(EVENT.tokens, id % CLIENT_IDS, count, this.#toReal(atMs));
      },
      onInterrupted: (id) => this.#revoke(id),
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

  /** What was told of a request does not come. */
  #revoke(id: number): void {
    const client = this.#clients.get(Math.floor(id / CLIENT_IDS));
    const request = client?.requests.get(id);
    if (!client || !request || Number.isNaN(request.toldMs)) return;
    client.events.add3(EVENT.revoked, id % CLIENT_IDS, this.#toReal(request.toldMs));
    request.toldMs = Number.NaN;
    request.toldEndMs = Number.NaN;
  }

  /** Also of requests that their clients gave up: those do not listen any more. */
  #finished(id: number, usage: RequestUsage, atMs: number): void {
    const client = this.#clients.get(Math.floor(id / CLIENT_IDS));
    const request = client?.requests.get(id);
    if (!client || !request) return;
    client.requests.delete(id);
    if (request.toldEndMs === atMs) return;
    client.events.add5(
      EVENT.finished,
      id % CLIENT_IDS,
      usage.acceptedPredictionTokens,
      usage.rejectedPredictionTokens,
      this.#toReal(atMs),
    );
  }

  #failed(id: number, failure: GenerationFailure): void {
    const client = this.#clients.get(Math.floor(id / CLIENT_IDS));
    client?.requests.delete(id);
    client?.events.add3(EVENT.failed, id % CLIENT_IDS, FAILURES.indexOf(failure));
  }

  #toSimulated(realMs: number): number {
    return Math.max(0, (realMs - this.#startMs) * this.#scale);
  }

  #toReal(simulatedMs: number): number {
    return this.#startMs + simulatedMs / this.#scale;
  }
}

const optional = <K extends string>(key: K, value: number): Partial<Record<K, number>> =>
  value === NONE ? {} : ({ [key]: value } as Partial<Record<K, number>>);
