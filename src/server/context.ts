/** What every family of endpoints is given. */
import type { Clock } from '../lib/clock.js';
import type { TokenCounter } from '../lib/tokens/counter.js';
import type { DeadlineWheel } from '../lib/deadline-wheel.js';
import type { CacheIsolation } from './text/sender.js';
import type { Generator } from './generation/generator.js';
import type { Fixtures } from './text/fixtures.js';
import type { ServedModels } from './models/served-models.js';
import type { RateLimiter } from './limits/rate-limiter.js';
import type { ServerOptions } from './options.js';
import type { InternalAnswer, InternalRequest, InternalStream } from './routing/internal-request.js';
import type { ServerReport } from './telemetry/report.js';
import type { UsageRecord } from './telemetry/model-meter.js';
import type { ThreadMeters } from './telemetry/thread-meters.js';
import type { ReplyOwner } from './routing/reply.js';
import type { Store } from './store/store.js';

/** What a thread of the server works with. */
export interface ThreadContext {
  seed: number;
  clock: Clock;
  /** Decides when tokens are ready. */
  generator: Generator;
  /** Where it counts; for nobody else by default. */
  record?: { readonly counters: AppCounters; readonly meters: ThreadMeters };
  /** Whose requests share no cached blocks. */
  cacheIsolation: CacheIsolation;
  /** Tokens per block of the caches, for the hashes of prompts. */
  blockTokens: number;
  /** For whatever else waits for an instant. */
  wheel: DeadlineWheel;
  counter: TokenCounter;
  models: ServedModels;
  /** Answers that the user wrote, if there are any. */
  fixtures?: Fixtures | undefined;
  /** What the server was started with. */
  options: ServerOptions;
  /** Has something done before the thread ends, while the store is still there. */
  onClose: (callback: () => void | Promise<void>) => void;
  /** The buckets that all threads share; undefined without limits. */
  rateLimits: RateLimiter | undefined;
  /** Whether something was stored before, by whatever thread; does not open the store. */
  hasStored: () => boolean;
  /** Where resources are kept; opened when it is first asked for. */
  store: () => Promise<Store>;
  /** Different for every thread of every server at every time. */
  instance: string;
  /** What is known of the whole server at once, without asking anybody. */
  vitals: () => ServerVitals;
  /** What all threads, and the clusters that they share, tell about themselves now. */
  report: () => Promise<ServerReport>;
}

/** Signs of life. */
export interface ServerVitals {
  uptimeMs: number;
  /** Streams that all threads are writing. */
  activeStreams: number;
}

/** The same, and the server itself. */
export interface ServerContext extends ThreadContext, ReplyOwner {
  /** Answers a request as if it had come from outside; resolves with whatever the answer is. */
  readonly dispatch: (request: InternalRequest) => Promise<InternalAnswer>;
  /** The same, with the parts of the answer's body as they come. */
  readonly dispatchStream: (request: InternalRequest, onText: (text: string) => void) => InternalStream;
  /** Books what an answer used; call it once for every answer that has usage, when its last byte is written. */
  readonly account: (usage: UsageRecord) => void;
}

/** Counters of one thread since it began. */
export interface AppCounters {
  /** Requests that were received, refused ones among them. */
  requests: number;
  /** Answers with status 400 or above. */
  errors: number;
  /** Streams being written now. */
  activeStreams: number;
}
