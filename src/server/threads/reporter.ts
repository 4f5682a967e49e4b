/** What a thread knows about the whole server: all of it from shared memory, but for the clusters. */
import type { Clock } from '../../lib/clock.js';
import { ClusterReports } from '../cluster/cluster-reports.js';
import type { ServerVitals } from '../context.js';
import type { ServerReport } from '../telemetry/report.js';
import type { ListenTask, ThreadStats } from './messages.js';
import { ThreadView } from './thread-record.js';

type Told = Pick<ListenTask, 'records' | 'startedMs' | 'cluster' | 'options'>;

/** See {@link ServerVitals}; and what all threads and the clusters tell. */
export interface Reporter {
  vitals: () => ServerVitals;
  report: () => Promise<ServerReport>;
  close: () => void;
}

/** Time for which the size of the process's memory is known: the system adds it up thread by thread. */
const RESIDENT_MS = 1000;

class ResidentMemory {
  #readMs = Number.NEGATIVE_INFINITY;
  #bytes = 0;

  /** Of the process, at most {@link RESIDENT_MS} ago. */
  bytes(nowMs: number): number {
    if (nowMs - this.#readMs >= RESIDENT_MS) {
      this.#bytes = process.memoryUsage.rss();
      this.#readMs = nowMs;
    }
    return this.#bytes;
  }
}

/** Makes a thread's reports. */
export function reporter({ records, startedMs, cluster, options }: Told, clock: Clock): Reporter {
  const views = records.map((memory) => new ThreadView(memory));
  const reports = cluster && new ClusterReports(cluster);
  const readAll = (nowMs: number): ThreadStats[] =>
    views.map((view) => view.read(nowMs)).filter((stats) => stats !== undefined);
  const vitals = (): ServerVitals => {
    const nowMs = clock.nowMs();
    const activeStreams = readAll(nowMs).reduce((sum, thread) => sum + thread.activeStreams, 0);
    return { uptimeMs: nowMs - startedMs, activeStreams };
  };
  const resident = new ResidentMemory();
  const report = async (): Promise<ServerReport> => {
    const clusters = (await reports?.ask()) ?? [];
    const nowMs = clock.nowMs();
    const { user, system } = process.cpuUsage();
    return {
      uptimeMs: nowMs - startedMs,
      wallMs: clock.wallMs(),
      cpuMs: (user + system) / 1000,
      residentBytes: resident.bytes(nowMs),
      latency: options.latency,
      threads: readAll(nowMs),
      clusters,
    };
  };
  return { vitals, report, close: () => reports?.close() };
}
