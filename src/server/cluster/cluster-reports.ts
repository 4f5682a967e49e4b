/** A thread's way to the state of the clusters, without the main thread in between. */
import type { MessagePort } from 'node:worker_threads';
import type { ModelCluster } from '../../simulator/telemetry/model-cluster.js';
import { clusterUnpacker, type PackedClusters } from '../telemetry/packed-clusters.js';
import { ring } from './cluster-host.js';
import type { ClusterLink } from './messages.js';

const TIMEOUT_MS = 1000;
const NONE: readonly ModelCluster[] = [];

/** See the file's head. */
export class ClusterReports {
  readonly #port: MessagePort;
  readonly #bell: Int32Array;
  readonly #asked = new Map<number, (answer: readonly ModelCluster[]) => void>();
  readonly #unpacker = clusterUnpacker();
  #ids = 0;
  /** The report being made, and the one after it. */
  #making: Promise<readonly ModelCluster[]> | undefined;
  #next: Promise<readonly ModelCluster[]> | undefined;

  constructor({ reports, bell }: Pick<ClusterLink, 'reports' | 'bell'>) {
    this.#port = reports;
    this.#bell = bell;
    reports.on('message', ([id, packed]: [number, PackedClusters]) => {
      // Also what comes too late: the next answer may say nothing of the shape that this one has.
      const clusters = this.#unpacker.read(packed);
      this.#asked.get(id)?.(clusters);
    });
  }

  /**
   * The state of all clusters; whoever asks while one is made gets the next, as that may be too old. Several may get the same, and
   * nobody changes it; it is to be read in this turn of the event loop, as the next answer is written over it.
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
    for (const take of this.#asked.values()) take(NONE);
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
    const clusters = await new Promise<readonly ModelCluster[]>((resolve) => {
      const timer = setTimeout(resolve, TIMEOUT_MS, NONE);
      this.#asked.set(id, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      this.#port.postMessage(id);
      ring(this.#bell);
    });
    this.#asked.delete(id);
    return clusters;
  }
}
