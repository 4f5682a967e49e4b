/** How the server is doing, in a word and in figures. */
import { countOf } from '../../lib/bucket-histogram.js';
import { allReplicas, isServing } from '../../simulator/telemetry/model-cluster.js';
import { mergeThreads, total, type ServerReport } from './report.js';

/** What is not simulated is no failure. */
const isFailure = (status: number): boolean => status >= 500 && status !== 501;

/** Shares of failed requests (5xx) beyond which a server counts as degraded and unhealthy. */
const DEGRADED = 0.05;
const UNHEALTHY = 0.1;

/** Whether every engine behind the server is dead; one that has none lives. */
export const isDead = ({ clusters }: Pick<ServerReport, 'clusters'>): boolean =>
  clusters.length > 0 && !clusters.some(isServing);

/** `/health/detailed`. Failures count since the start; a server whose engines are all dead is unhealthy, with some replicas down degraded. */
export function healthJson(report: ServerReport): object {
  const { routes } = mergeThreads(report);
  let answered = 0;
  let failed = 0;
  for (const { statuses, durationS } of routes.values()) {
    answered += countOf(durationS);
    for (const [status, count] of Object.entries(statuses)) if (isFailure(Number(status))) failed += count;
  }
  const share = answered > 0 ? failed / answered : 0;
  const replicas = allReplicas(report.clusters);
  const up = replicas.filter(({ replica }) => replica.up).length;
  const down = replicas.length - up;
  const dead = isDead(report);
  const status =
    dead || share > UNHEALTHY ? 'unhealthy' : down > 0 || share > DEGRADED ? 'degraded' : 'healthy';
  return {
    status,
    ready: !dead && report.threads.length > 0,
    uptime_seconds: report.uptimeMs / 1000,
    latency: report.latency,
    threads: report.threads.length,
    requests: total(report, ({ requests }) => requests),
    error_rate_percentage: share * 100,
    active_streams: total(report, ({ activeStreams }) => activeStreams),
    open_connections: total(report, ({ connections }) => connections),
    replicas: replicas.length > 0 ? { up, down } : null,
  };
}
