/** A thread's way to the state of the clusters, without the main thread in between. */
import type { MessagePort } from 'node:worker_threads';
import type { ModelCluster } from '../../simulator/telemetry/model-cluster.js';
import { type PackedClusters, unpackClusters } from '../telemetry/packed-clusters.js';
import { ring } from './cluster-host.js';
import type { ClusterLink } from './messages.js';

const TIMEOUT_MS = 1000;

/** See the file's head. */
export class ClusterReports {
  readonly #port: MessagePort;
  readonly #bell: Int32Array;
  readonly #asked = new Map<number, (answer: PackedClusters | undefined) => void>();
  #ids = 0;
  /** The report being made, and the one after it. */
  #making: Promise<readonly ModelCluster[]> | undefined;
  #next: Promise<readonly ModelCluster[]> | undefined;

  constructor({ reports, bell }: Pick<ClusterLink, 'reports' | 'bell'>) {
    this.#port = reports;
    this.#bell = bell;
    reports.on('message', ([id, answer]: [number, PackedClusters]) => this.#asked.get(id)?.(answer));
  }

  /**
   * The state of all clusters; whoever asks while one is made gets the next, as that may be too old. Nobody changes what several
   * may have got.
   *
   * @returns none when it does not come within a second
   */
  ask(): Promise<readonly ModelCluster[]> {
    if (!this.#making) return this.#begin();
    return (this.#next ??= this.#making.then(() => {
      this.#next = undefined;
      return this.#begin();
    }));
  }

  close(): void {
    this.#port.close();
    for (const take of this.#asked.values()) take(undefined);
  }

  #begin(): Promise<readonly ModelCluster[]> {
    const report = this.#make().finally(() => {
      if (this.#making === report) this.#making = undefined;
    });
    this.#making = report;
    return report;
  }

  async #make(): Promise<readonly ModelCluster[]> {
    const id = ++this.#ids;
    const answer = await new Promise<PackedClusters | undefined>((resolve) => {
      const timer = setTimeout(resolve, TIMEOUT_MS, undefined);
      this.#asked.set(id, (packed) => {
        clearTimeout(timer);
        resolve(packed);
      });
      this.#port.postMessage(id);
      ring(this.#bell);
    });
    this.#asked.delete(id);
    return answer ? unpackClusters(answer) : [];
  }
}
