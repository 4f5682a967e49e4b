/**
 * The thread that runs the clusters. It has no event loop: it sleeps in `Atomics.wait` until the next step ends or somebody
 * rings, which is more exact than any timer, and takes messages from its ports by itself.
 */
import { type MessagePort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../lib/clock.js';
import type { StateWriter } from '../../lib/shared-state.js';
import { clusterPacker } from '../telemetry/packed-clusters.js';
import { LiveClusters } from './live-clusters.js';
import type { ClientMessage, ClusterControl, ClusterTask } from './messages.js';

/** Steps that end within this time are told in one message: a wake-up for each would cost more than its tokens. */
const MIN_TURN_MS = 0.2;

/** The ways to a client, and what it knows of the clusters' state. */
interface ClientPorts {
  readonly port: MessagePort;
  readonly reports: MessagePort;
  readonly packer: StateWriter;
}

const { fleets, seed, timeScale, control, bell } = workerData as ClusterTask;
const clusters = new LiveClusters({ fleets, seed, timeScale, clock: systemClock });
const ports = new Map<number, ClientPorts>();

/** Calls back for each message that waits on a port. */
function drain<T>(port: MessagePort, take: (message: T) => void): void {
  for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port))
    take(next.message as T);
}

function obey(message: ClusterControl): void {
  if (message.type === 'connect') {
    const { client, port, reports } = message;
    ports.set(client, { port, reports, packer: clusterPacker() });
    clusters.connect(client, (events) => port.postMessage(events));
    return;
  }
  const closing = ports.get(message.client);
  closing?.port.close();
  closing?.reports.close();
  ports.delete(message.client);
  clusters.disconnect(message.client);
}

for (;;) {
  const rung = Atomics.load(bell, 0);
  drain<ClusterControl>(control, obey);
  for (const [client, { port, reports, packer }] of ports) {
    drain<ClientMessage>(port, (message) => clusters.receive(client, message));
    drain<number>(reports, (id) => reports.postMessage([id, packer.write(clusters.snapshot())]));
  }
  const waitMs = Math.max(clusters.turn(), MIN_TURN_MS);
  // Returns at once when somebody rang since the messages were taken.
  Atomics.wait(bell, 0, rung, waitMs);
}
