/** The clusters of all models on real time: what clients submit goes in, what becomes of it goes back to them. */
import type { Clock } from '../../lib/clock.js';
import type { Foresight } from '../../simulator/cluster/foresight.js';
import { Cluster, type ClusterRequest, type ClusterSink, fleetOptions } from '../../simulator/index.js';
import type { ModelCluster } from '../../simulator/telemetry/model-cluster.js';
import { CLIENT_IDS, LiveClient } from './live-client.js';
import { AT, type ClientMessage, EVENT, type ModelFleet, NONE, REQUEST_FIELDS } from './messages.js';
import { Rest } from './rest.js';
import { WakeUps } from './wake-ups.js';

/** Of work that no client asked for. */
const NOBODYS = -1;
/** What is nearer than this, in milliseconds of the clock, is not told of before it is there: it would arrive too late. */
const MIN_AHEAD_MS = 0.3;

/** What {@link LiveClusters} are made of. */
export interface LiveClustersOptions {
  fleets: readonly ModelFleet[];
  seed: number;
  timeScale: number;
  clock: Clock;
}

/**
 * Time inside the clusters starts at 0 and runs `timeScale` times as fast as the clock. A client that disconnects gives up
 * its requests. Bounds: those of the clusters; a client has no more requests here than connections.
 */
export class LiveClusters {
  readonly #models: readonly { model: string; cluster: Cluster; foresight: Foresight; rest: Rest }[];
  readonly #clients = new Map<number, LiveClient>();
  readonly #clock: Clock;
  readonly #scale: number;
  readonly #startMs: number;
  /** Something was submitted or given up since time went on. */
  #changed = true;
  /** When, on the clock, time is to go on inside the clusters. */
  #dueMs = Infinity;
  /** No more than replicas times clients. */
  readonly #wakeUps = new WakeUps<LiveClient>();
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
      return { model, cluster, foresight: cluster.foresight(), rest: new Rest() };
    });
  }

  /** A client whose messages will come through {@link receive}. */
  connect(client: number, send: (events: Float64Array) => void): void {
    this.#clients.set(client, new LiveClient(send));
  }

  /** Gives up all requests of a client. */
  disconnect(client: number): void {
    const { requests } = this.#clients.get(client) ?? {};
    this.#clients.delete(client);
    this.#changed = true;
    const nowMs = this.#toSimulated(this.#clock.nowMs());
    for (const [id, { cluster }] of requests?.entries() ?? []) cluster.abort(id, nowMs);
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
      const mediaAt = hashesAt + fields[AT.hashes]!;
      const mediaEnd = mediaAt + fields[AT.media]!;
      const matchCount = Math.max(0, fields[AT.matches]!);
      this.#submit(
        client,
        fields,
        { blockHashes: hashes.subarray(hashesAt, mediaAt), media: hashes.subarray(mediaAt, mediaEnd) },
        matches.subarray(matchesAt, matchesAt + matchCount),
      );
      hashesAt = mediaEnd;
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
    for (const client of this.#wakeUps.take(nowMs)) client.wake();
    if (this.#changed || nowMs >= this.#dueMs) this.#advance();
    return Math.max(0, Math.min(this.#dueMs, this.#wakeUps.nextMs) - this.#clock.nowMs());
  }

  #advance(): void {
    this.#changed = false;
    const nowMs = this.#toSimulated(this.#clock.nowMs());
    this.#dueMs = Infinity;
    for (const { cluster } of this.#models) cluster.advance(nowMs);
    for (const { cluster, foresight, rest } of this.#models) {
      const eventMs = cluster.nextEventMs();
      if (eventMs === undefined) continue;
      this.#dueMs = Math.min(this.#dueMs, this.#toReal(eventMs) + this.#tellAhead(foresight, rest));
    }
    for (const client of this.#clients.values()) client.flush();
  }

  /**
   * Tells of what is to come.
   *
   * @returns how much later than the next event, in milliseconds of the clock, it is early enough to look again
   */
  #tellAhead(foresight: Foresight, rest: Rest): number {
    const fromMs = this.#toSimulated(this.#clock.nowMs() + MIN_AHEAD_MS);
    const shortestMs = foresight.tell((id, last, atMs) => {
      if (atMs >= fromMs) this.#tell(id, last, atMs);
    });
    const restMs = rest.after(shortestMs / this.#scale);
    return restMs < MIN_AHEAD_MS ? 0 : restMs;
  }

  #tell(id: number, last: boolean, atMs: number): void {
    const client = this.#clientOf(id);
    const realMs = this.#toReal(atMs);
    if (client?.tell(id, last, atMs, realMs)) this.#wakeUps.add(realMs, client);
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

  #submit(
    client: number,
    fields: Float64Array,
    { blockHashes, media }: { blockHashes: Float64Array; media: Float64Array },
    matches: Uint8Array,
  ): void {
    const { cluster } = this.#models[fields[AT.model]!]!;
    const submitter = this.#clients.get(client)!;
    const { events } = submitter;
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
      ...(media.length > 0 && { media }),
      ...optional('cacheSalt', fields[AT.salt]!),
      ...optional('sessionId', fields[AT.session]!),
      ...(fields[AT.coalesceKey] !== NONE && { coalesceKey: String(fields[AT.coalesceKey]) }),
      ...(fields[AT.matches] !== NONE && {
        prediction: { matches, tokens: fields[AT.predictionTokens]! },
      }),
    };
    submitter.begin(id, cluster);
    this.#refused = false;
    // Accepted first: tokens of an answer that is joined come at once.
    const mark = events.add2(EVENT.accepted, fields[AT.id]!);
    cluster.submit(request, arrivalMs);
    if (this.#refused) events.remove(mark, 2);
  }

  #sink(): ClusterSink {
    return {
      onFirstScheduled: (id, _atMs, cachedTokens) => {
        this.#clientOf(id)?.events.add3(EVENT.scheduled, id % CLIENT_IDS, cachedTokens);
      },
      onTokens: (id, count, atMs) => this.#clientOf(id)?.tokens(id, count, atMs, this.#toReal(atMs)),
      onInterrupted: (id) => this.#clientOf(id)?.revoke(id, (atMs) => this.#toReal(atMs)),
      onFinish: (id, reason, atMs, usage) => {
        if (reason === 'replica_failed') this.#clientOf(id)?.failed(id, reason);
        else this.#clientOf(id)?.finished(id, usage, atMs, this.#toReal(atMs));
      },
      onReject: (id, reason) => {
        this.#refused = true;
        this.#clientOf(id)?.failed(id, reason);
      },
    };
  }

  #clientOf(id: number): LiveClient | undefined {
    return this.#clients.get(Math.floor(id / CLIENT_IDS));
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
