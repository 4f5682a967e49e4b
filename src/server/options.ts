/** What a server is started with. */
import type { Fixture } from './text/fixtures.js';
import type { PromptTemplate } from './prompts/prompt-templates.js';
import type { FleetParts } from '../simulator/fleet/fleet-settings.js';
import type { RateLimits } from './limits/tiers.js';
import type { CacheIsolation } from './text/sender.js';
import type { JitterKind } from '../simulator/latency.js';
import type { LatencyProfile } from '../simulator/profile/profile.js';
import type { CostTables } from '../simulator/cluster/cost-options.js';
import type { Gpu } from '../simulator/hardware/gpu.js';

/**
 * Options of {@link startServer}; the settings of `fakeai server` fit. Durations are in milliseconds. Each model that is
 * simulated has a fleet of its own, made as the fleet's settings say.
 */
export interface ServerOptions extends FleetParts, RateLimits {
  /** Address or name to listen on. */
  host: string;
  /** Port to listen on; 0 takes any free one. */
  port: number;
  /** UDP ports of realtime calls, `FIRST-LAST`; any free ones without it. */
  webrtcPorts?: string | undefined;
  /** Addresses that peers of realtime calls are told, in place of the machine's own. */
  webrtcAddress?: readonly string[] | undefined;
  /** Threads that serve requests; `auto` is one per core. */
  threads: 'auto' | number;
  /** Model ids to serve; every known model when empty. */
  model: string[];
  /** Files that describe further models. */
  models: string[];
  /** A setting of the fleet that somebody gave, as they wrote it: refused where no model is simulated. */
  fleetGiven?: string | undefined;
  /** Files and folders of fixtures. */
  fixtures?: string[] | undefined;
  /** Whether a request for text that no fixture matches is refused. */
  fixturesStrict?: boolean | undefined;
  /** What is in the fixtures; {@link startServer} reads them. */
  fixtureData?: readonly Fixture[] | undefined;
  /** Files and folders of prompt templates. */
  prompts?: string[] | undefined;
  /** What is in them; {@link startServer} reads them. */
  promptData?: readonly PromptTemplate[] | undefined;
  /** Whether an id that is not served is answered with 404, or all the same. */
  unknownModels: 'refuse' | 'accept';
  /** Whether events of streams are padded where a request does not say it; `auto` as whoever serves the model does. */
  streamObfuscation: 'auto' | 'on' | 'off';
  /** Whether an operation on an id that nobody made is answered with 404, or as if somebody had. */
  unknownResources: '404' | 'synthesize';
  /**
   * `instant` answers at once, `fixed` waits `ttft` and then `itl` between tokens, `profile` draws times as they were measured, `physics` simulates the fleet; `auto` is
   * `physics` for models whose architecture is known and `fixed` for others.
   */
  latency: 'auto' | 'instant' | 'fixed' | 'profile' | 'physics';
  /** A name or a file; {@link startServer} reads it. Without it each model has that of its vendor's kind. */
  profile?: string | undefined;
  /** What is in it. */
  profileData?: LatencyProfile | undefined;
  ttft: number;
  itl: number;
  /** Standard deviation of `ttft` and `itl` as a share of them. */
  jitter: number;
  /** File of measurements for the `table` cost model; {@link startServer} reads it. */
  costTable?: string | undefined;
  /** What is in it. */
  costTables?: CostTables | undefined;
  /** The figures of `gpu` when it is a file; {@link startServer} reads them. */
  customGpu?: Gpu | undefined;
  /** Whose requests share no cached blocks with others. */
  cacheIsolation: CacheIsolation;
  /** Files with system prompts that all replicas compute at the start. */
  warmPrompt: string[];
  /** How `ttft` and `itl` vary. */
  jitterKind: JitterKind;
  /** Simulated time that passes in a unit of real time. */
  timeScale: number;
  /** Decides all content and jitter. */
  seed: number;
  /** Largest request body, in bytes. */
  bodyLimit: number;
  /** Most open connections per thread; further ones are closed at once. */
  maxConnections: number;
  /** How long a closing server lets open responses finish. */
  drain: number;
  /** Keys of which a request needs one; it needs none without them. */
  apiKey?: string[] | undefined;
  /** Whether a request needs a key; `auto` when there are keys. Without keys any will do. */
  requireApiKey?: 'auto' | boolean | undefined;
  /** Origins whose web pages may read answers; `*` is every one. */
  corsOrigin?: string[] | undefined;
  /** Where events go, such as that a batch was completed. */
  webhook?: string[] | undefined;
  /** What they are signed with: `whsec_` and base64, or any text. */
  webhookSecret: string;
  /** Folder of stored resources; a temporary one without it. */
  data?: string | undefined;
  /** Most bytes of all stored resources. */
  dataLimit: number;
  /** Requests of a batch that are under way at a time. */
  batchConcurrency: number;
  /** Most requests of a batch begun per second; no limit without it. */
  batchRate?: number | undefined;
  /** How long a fine-tuning job takes. */
  fineTuneDuration: number;
  /** How long a file of a vector store is in progress at least. */
  ingestDuration: number;
  /** How long a batch may take. */
  batchWindow: number;
}
