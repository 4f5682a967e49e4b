/** What the main thread and the listener threads say to each other. */
import type { MessagePort } from 'node:worker_threads';
import type { HistogramData } from '../../lib/bucket-histogram.js';
import type { LatenessReport } from '../../lib/lateness.js';
import type { Vocabulary } from '../../lib/tokens/vocabulary.js';
import type { ClusterLink } from '../cluster/messages.js';
import type { ModelInfo } from '../../simulator/models/model.js';
import type { ServerOptions } from '../options.js';
import type { Fixture } from '../text/fixtures.js';
import type { LoopReport } from '../telemetry/report.js';
import type { ThreadMeters } from '../telemetry/thread-meters.js';

/** How a thread comes to its listening socket. */
export type ListenSource =
  /** A duplicate of the bound descriptor, which stays the main thread's. */
  | { kind: 'shared'; fd: number }
  /** The address itself, for the only thread. */
  | { kind: 'address'; host: string; port: number };

/** The one task of a thread: listen until told to close. */
export interface ListenTask {
  control: MessagePort;
  source: ListenSource;
  options: ServerOptions;
  /** Memory of the rate limits, the same for all threads; undefined without limits. */
  rateLimits: SharedArrayBuffer | undefined;
  /** Memory of the fixtures' calls, the same for all threads; undefined where none counts them. */
  fixtureCalls: SharedArrayBuffer | undefined;
  /** Memory of the prompts' beginnings, the same for all threads. */
  prefixes: SharedArrayBuffer;
  /** Memory of the deleted models, the same for all threads. */
  removedModels: SharedArrayBuffer;
  /** Folder of stored resources, the same for all threads. */
  dataFolder: string;
  /** Different for every task of every server at every time. */
  instance: string;
  vocabulary: Vocabulary;
  /** Which of the threads it is, from 0. */
  thread: number;
  /** What each thread tells about itself; see thread-record.ts. */
  records: readonly SharedArrayBuffer[];
  /** When the server started, on the machine's clock. */
  startedMs: number;
  /** Memory of the requests in flight, the same for all threads. */
  inFlight: SharedArrayBuffer;
  /** To the clusters, if any model is simulated. */
  cluster: ClusterLink | undefined;
  /** Models that the user described. */
  customModels: readonly ModelInfo[];
}

/** To a thread. */
export type ControlMessage =
  /** Answered by `pong`, behind what was said before. */
  | { type: 'ping' }
  /** In place of those that it has. */
  | { type: 'fixtures'; fixtures: readonly Fixture[]; calls: SharedArrayBuffer | undefined }
  | { type: 'close'; drainMs: number };

/** From a thread. */
export type ThreadMessage =
  | { type: 'listening'; port: number }
  | { type: 'failed'; step: 'duplicate' | 'listen'; code: string; problem: string }
  /** Connect it to the thread that writes to the database. */
  | { type: 'store'; port: MessagePort }
  | { type: 'pong' };

/** What a thread has done since it began. */
export interface ThreadStats {
  /** Requests received, refused ones among them. */
  requests: number;
  /** Answers with status 400 or above. */
  errors: number;
  /** Streams being written now. */
  activeStreams: number;
  /** Open connections. */
  connections: number;
  /** How late tokens were written, counted from the instant at which they were ready. */
  pacing: LatenessReport;
  /** The numbers of that, from which those of a while can be told apart. */
  lateness: Float64Array;
  /** The same, in seconds, by buckets that can be added up. */
  pacingS: HistogramData;
  loop: LoopReport;
  meters: ThreadMeters;
}
