/** The simulated API server. */
import { availableParallelism } from 'node:os';
import { systemClock } from '../lib/clock.js';
import { ClusterHost } from './cluster/cluster-host.js';
import type { ModelFleet } from './cluster/messages.js';
import { readCostTable } from './cluster/read-cost-table.js';
import { readArchitecture, readGpu } from './cluster/read-hardware.js';
import { fleetsOf } from './generation/latency.js';
import { loadVocabulary as readVocabulary } from '../lib/tokens/vocabulary.js';
import type { ModelInfo } from '../simulator/models/model.js';
import { modelOfShape } from '../simulator/models/registry.js';
import { checkFixtures, type FixtureInput, readFixtures } from './text/read-fixtures.js';
import { readModelFiles } from './models/read-model-files.js';
import { firstModel } from './models/served-models.js';
import type { PromptTemplate } from './prompts/prompt-templates.js';
import { readProfile } from './generation/read-profile.js';
import type { ServerOptions } from './options.js';
import { openDataFolder } from './store/data-folder.js';
import { BoundSocket, canShareSockets } from './threads/bound-socket.js';
import type { ThreadStats } from './threads/messages.js';
import { CannotShareError, ListenerPool, type PoolOptions } from './threads/pool.js';
import { webrtcSettings } from './webrtc-settings.js';

export type { ServerOptions } from './options.js';
export type { ThreadStats } from './threads/messages.js';
export type { FixtureInput } from './text/read-fixtures.js';

/** A server that listens. */
export interface RunningServer {
  /** Where it can be reached, such as `http://127.0.0.1:8000`. */
  readonly url: string;
  /** The model to use when none is named. */
  readonly model: string;
  readonly host: string;
  readonly port: number;
  /** Threads that serve requests. */
  readonly threads: number;
  /** The models that a simulated fleet computes; the pace of all others follows `latency`. */
  readonly simulated: readonly string[];
  /** Something that its user should know, such as why it has fewer threads than asked for. */
  readonly notice: string | undefined;
  /** Settled after {@link close}; rejected with FAKEAI_THREAD_CRASHED when its threads crash again and again. */
  readonly closed: Promise<void>;
  /** Counters of each thread. */
  stats(): Promise<ThreadStats[]>;
  /**
   * Puts fixtures before those of the files, in place of those that were put there earlier; all calls are counted anew.
   *
   * @returns when all threads answer with them
   * @throws FakeaiError FAKEAI_FIXTURES_INVALID, at once
   */
  setFixtures(fixtures: readonly FixtureInput[]): Promise<void>;
  /** Stops accepting, lets open answers finish for up to `drain`, then cuts what is left. Can be called repeatedly. */
  close(): Promise<void>;
}

const loadVocabulary = () => readVocabulary('o200k_base');
const ONE_THREAD_NOTICE =
  'This system cannot share a listening socket between threads; the server runs on one thread.';

/**
 * Starts a server.
 *
 * @param given - all of them; see the defaults of `fakeai server`
 * @returns once all its threads listen
 * @throws FakeaiError FAKEAI_PORT_IN_USE, FAKEAI_LISTEN_FAILED, FAKEAI_MODELS_INVALID, FAKEAI_FIXTURES_INVALID,
 * FAKEAI_PROMPTS_INVALID, FAKEAI_SETTING_INVALID or FAKEAI_FILE_UNWRITABLE
 */
export async function startServer(given: ServerOptions): Promise<RunningServer> {
  // What is wrong with them is said now, not with the first call.
  webrtcSettings(given);
  const [customGpu, shapes] = await Promise.all([
    readGpu(given.gpu),
    Promise.all(given.model.map(readArchitecture)),
  ]);
  const options = {
    ...given,
    ...(customGpu && { gpu: customGpu.name, customGpu }),
    // A file that describes a shape stands for a model of its name.
    model: given.model.map((id, i) => shapes[i]?.name ?? id),
    costTables: await readCostTable(given.costTable),
    profileData: await readProfile(given.profile),
    fixtureData: await readFixtures(given.fixtures ?? []),
    promptData: await promptsOf(given.prompts ?? []),
  };
  const customModels = [
    ...(await readModelFiles(options.models)),
    ...shapes.filter((shape) => shape !== undefined).map(modelOfShape),
  ];
  const data = openDataFolder(options.data);
  const release = (): void => data.release();
  try {
    const shared = { options, customModels, dataFolder: data.path, loadVocabulary, clock: systemClock };
    const fleets = await prepareFleets(options, customModels);
    const server = await startThreads(shared, fleets);
    server.closed.then(release, release);
    return server;
  } catch (error) {
    release();
    throw error;
  }
}

/** Only servers that have some load what reads them. */
async function promptsOf(paths: readonly string[]): Promise<PromptTemplate[]> {
  if (paths.length === 0) return [];
  const { readPrompts } = await import('./prompts/read-prompts.js');
  return readPrompts(paths);
}

type SharedOptions = Omit<PoolOptions, 'threads' | 'source' | 'cluster'>;

async function startThreads(shared: SharedOptions, fleets: readonly ModelFleet[]): Promise<RunningServer> {
  const { options } = shared;
  const threads = options.threads === 'auto' ? availableParallelism() : options.threads;
  if (canShareSockets) {
    const socket = await BoundSocket.bind(options.host, options.port);
    try {
      const pool = new ListenerPool({
        ...shared,
        cluster: startClusters(shared, fleets),
        threads,
        source: { kind: 'shared', fd: socket.fd },
      });
      await pool.start();
      const { port } = socket;
      return running({
        options,
        pool,
        fleets,
        threads,
        port,
        notice: undefined,
        release: () => socket.close(),
      });
    } catch (error) {
      socket.close();
      if (!(error instanceof CannotShareError)) throw error;
    }
  }
  return startOneThread(shared, fleets, threads);
}

/** The fleets of the models that are simulated; those that cannot be are refused here, where somebody reads the error. */
async function prepareFleets(options: ServerOptions, custom: readonly ModelInfo[]): Promise<ModelFleet[]> {
  const fleets = fleetsOf(options, custom);
  if (fleets.length === 0) return [];
  const [{ checkFleets }, { readWarmPrompts }] = await Promise.all([
    import('./cluster/check-fleets.js'),
    import('./cluster/warm-prompts.js'),
  ]);
  checkFleets(fleets, options.seed);
  const warm = await readWarmPrompts(options.warmPrompt, loadVocabulary, options.blockTokens);
  return fleets.map((fleet) => ({ ...fleet, warm }));
}

/** Starts the thread that runs the clusters, if there are any. */
function startClusters(
  { options: { seed, timeScale } }: SharedOptions,
  fleets: readonly ModelFleet[],
): ClusterHost | undefined {
  return fleets.length === 0 ? undefined : new ClusterHost({ fleets, seed, timeScale });
}

/** The way for systems that cannot share a socket: the only thread binds the address itself. */
async function startOneThread(
  shared: SharedOptions,
  fleets: readonly ModelFleet[],
  wantedThreads: number,
): Promise<RunningServer> {
  const { options } = shared;
  const { host, port } = options;
  const pool = new ListenerPool({
    ...shared,
    cluster: startClusters(shared, fleets),
    threads: 1,
    source: { kind: 'address', host, port },
  });
  const boundPort = await pool.start();
  const notice = wantedThreads > 1 ? ONE_THREAD_NOTICE : undefined;
  return running({ options, pool, fleets, threads: 1, port: boundPort, notice, release: () => {} });
}

interface Parts {
  options: ServerOptions;
  pool: ListenerPool;
  fleets: readonly ModelFleet[];
  threads: number;
  port: number;
  notice: string | undefined;
  /** Gives the port up. */
  release: () => void;
}

function running({ options, pool, fleets, threads, port, notice, release }: Parts): RunningServer {
  let closing: Promise<void> | undefined;
  pool.closed.then(release, release);
  return {
    url: `http://${reachableHost(options.host)}:${port}`,
    model: firstModel(options.model),
    host: options.host,
    port,
    threads,
    simulated: fleets.map(({ model }) => model),
    notice,
    closed: pool.closed,
    stats: () => Promise.resolve(pool.stats()),
    setFixtures: (fixtures) =>
      pool.setFixtures([...checkFixtures(fixtures, 'setFixtures'), ...(options.fixtureData ?? [])]),
    close: () => {
      // First of all: while this descriptor is open the system goes on queueing connections that nobody will accept.
      release();
      return (closing ??= pool.close(options.drain));
    },
  };
}

/** A host that a client can connect to: the wildcard addresses are not. */
function reachableHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}
