/**
 * What the threads that serve HTTP and the one that runs the clusters say to each other: numbers in typed arrays, one message
 * for everything of a turn. Instants are those of the machine's clock, in milliseconds.
 */
import type { MessagePort } from 'node:worker_threads';
import type { GenerationFailure } from '../generation/generator.js';
import type { FleetSettings } from '../../simulator/index.js';

/** A model, and the fleet that serves it. */
export interface ModelFleet {
  /** As requests name it. */
  model: string;
  fleet: FleetSettings;
  /** Prefixes that all replicas compute at the start. */
  warm?: readonly WarmPrefix[];
}

/** A prompt that is in the caches before anybody asks. */
export interface WarmPrefix {
  promptTokens: number;
  blockHashes: readonly number[];
}

/** What the cluster thread is started with. */
export interface ClusterTask {
  fleets: readonly ModelFleet[];
  seed: number;
  /** Simulated milliseconds that pass in a real one. */
  timeScale: number;
  /** From the main thread. */
  control: MessagePort;
  bell: Int32Array;
}

/** From the main thread to the cluster thread. */
export type ClusterControl =
  | { type: 'connect'; client: number; port: MessagePort; reports: MessagePort }
  | { type: 'disconnect'; client: number };

/** How a thread that serves HTTP reaches the cluster thread. */
export interface ClusterLink {
  /** Number of this thread; tells its requests from those of others. */
  client: number;
  port: MessagePort;
  /** Where it asks for the state of all clusters: a number goes in, it comes back with the packed state. */
  reports: MessagePort;
  bell: Int32Array;
}

/** Numbers of a request in {@link ClientMessage.requests}, in this order. */
export const REQUEST_FIELDS = [
  'id',
  'model',
  'arrivalMs',
  'promptTokens',
  'maxTokens',
  'outputTokens',
  'hashes',
  'media',
  'salt',
  'priority',
  'session',
  'coalesceKey',
  'matches',
  'predictionTokens',
  'choices',
] as const;

/** Where each is. */
export const AT = Object.fromEntries(REQUEST_FIELDS.map((name, index) => [name, index])) as Readonly<
  Record<(typeof REQUEST_FIELDS)[number], number>
>;

/** In a field that has no value. */
export const NONE = -1;

/** From a thread that serves HTTP. */
export interface ClientMessage {
  /** New requests, {@link REQUEST_FIELDS} numbers each. */
  requests: Float64Array;
  /** Block hashes of all of them, one after the other; behind those of each the hashes of its media. */
  hashes: Float64Array;
  /** Where their predictions match, one after the other. */
  matches: Uint8Array;
  /** Requests that need nothing more: id, and 1 if it is complete or 0 if its reader has gone. */
  ends: Float64Array;
}

/** What the numbers of an event message begin with. Behind it, unless it says otherwise: the id, and as said here. */
export const EVENT = {
  /** It was taken in. */
  accepted: 0,
  /** Cached tokens: found when it was first computed. */
  scheduled: 1,
  /** Count, instant. */
  tokens: 2,
  /** Accepted and rejected prediction tokens, instant. */
  finished: 3,
  /** Position in {@link FAILURES}. */
  failed: 4,
  /**
   * No id, but an instant that is still to come, how many ids follow, and those of the requests that get one token then: negative
   * where the request is completed with it.
   */
  step: 5,
  /** Instant: the token that was told of by `step` does not come then. */
  revoked: 6,
} as const;

const LENGTHS: readonly number[] = [2, 3, 4, 5, 3, 3, 3];

/** How many numbers the event at a place has, its code among them. */
export const eventLength = (events: Float64Array, at: number): number =>
  LENGTHS[events[at]!]! + (events[at] === EVENT.step ? events[at + 2]! : 0);

export const FAILURES: readonly GenerationFailure[] = [
  'queue_full',
  'context_too_long',
  'unavailable',
  'replica_failed',
];
