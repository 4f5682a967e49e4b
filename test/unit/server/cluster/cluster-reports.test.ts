import { MessageChannel } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { ClusterReports } from '../../../../src/server/cluster/cluster-reports.js';
import { clusterPacker } from '../../../../src/server/telemetry/packed-clusters.js';
import { createCluster } from '../../../support/cluster.js';

it('asks once for all who wait, and anew for those who ask while an answer is made', async () => {
  const { port1, port2 } = new MessageChannel();
  const bell = new Int32Array(new SharedArrayBuffer(4));
  const reports = new ClusterReports({ reports: port2, bell });
  const packer = clusterPacker();
  let answers = 0;
  port1.on('message', (id: number) => {
    const model = `answer ${++answers}`;
    port1.postMessage([id, packer.write([{ model, cluster: createCluster().cluster.snapshot() }])]);
  });
  const asked = await Promise.all([reports.ask(), reports.ask(), reports.ask()]);
  expect(asked.map(([one]) => one!.model)).toEqual(['answer 1', 'answer 2', 'answer 2']);
  expect(Atomics.load(bell, 0)).toBe(2);
  port1.removeAllListeners('message');
  const unanswered = reports.ask();
  reports.close();
  expect(await unanswered).toEqual([]);
});
