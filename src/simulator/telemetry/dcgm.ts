/** GPU telemetry as dcgm-exporter writes it: its names, labels and units. */
import type { BoundFamilies } from '../../lib/bound-families.js';
import { type Exposition, KeptLabels } from '../../lib/exposition.js';
import { hash32 } from '../../lib/random.js';
import { FIELDS, isMeasured, type Measured, NO_FAILURES, XID_FIELD } from './dcgm-fields.js';
import { allReplicas, type ModelCluster } from './model-cluster.js';
import { xidLabels } from './xid-labels.js';
import { telemetryOf } from '../hardware/gpu-telemetry.js';

/** GPUs of a machine, and where they sit on its bus: a common layout of eight. */
const BUS_IDS = ['19', '3B', '4C', '5D', '9B', 'BB', 'CB', 'DB'] as const;
/** Says plainly that no driver is behind these values. */
const DRIVER = 'simulated';

/** One GPU of the fleet: who it is and what it does. */
export interface FleetGpu {
  /** Number within its machine. */
  readonly index: number;
  readonly uuid: string;
  readonly busId: string;
  readonly model: string;
  readonly host: string;
  /** The replica that it is a part of, and what that serves. */
  readonly replica: number;
  readonly served: string;
  /** Values by DCGM field name, in DCGM's units. */
  readonly fields: Readonly<Record<string, number>>;
}

const hex = (value: number): string => value.toString(16).padStart(8, '0');

/** Of the GPUs so far, as each costs some hashing. Bounded by the largest fleet. */
const UUIDS: string[] = [];

/** The same fleet has the same ids at every start. */
const uuidOf = (number: number): string => (UUIDS[number] ??= makeUuid(number));

function makeUuid(number: number): string {
  const digits = [0, 1, 2, 3].map((word) => hex(hash32('gpu', number, word))).join('');
  const ends = [8, 12, 16, 20, 32];
  return `GPU-${ends.map((end, i) => digits.slice(ends[i - 1] ?? 0, end)).join('-')}`;
}

/** Who a GPU is. */
type Identity = Pick<FleetGpu, 'index' | 'uuid' | 'busId' | 'model' | 'host'>;

/** The GPU of a number within the fleet. */
function identityOf(number: number, product: string): Identity {
  const index = number % BUS_IDS.length;
  return {
    index,
    uuid: uuidOf(number),
    busId: `00000000:${BUS_IDS[index]!}:00.0`,
    model: product,
    host: `fakeai-node-${Math.floor(number / BUS_IDS.length)}`,
  };
}

/** Replicas of which it is known what they run on, each with the numbers of its GPUs. */
function machines(
  clusters: readonly ModelCluster[],
): { replica: Measured; served: string; product: string; numbers: readonly number[] }[] {
  let first = 0;
  return allReplicas(clusters).flatMap(({ replica, model }) => {
    if (!isMeasured(replica)) return [];
    const numbers = Array.from({ length: replica.hardware.gpus }, (_, i) => first + i);
    first += numbers.length;
    return { replica, served: model, product: telemetryOf(replica.hardware.gpu).product, numbers };
  });
}

/** All GPUs of the fleet; those of one replica work alike. Empty when the cost model does not say what it runs on. */
export const fleetGpus = (clusters: readonly ModelCluster[]): FleetGpu[] =>
  machines(clusters).flatMap(({ replica, served, product, numbers }) => {
    const fields = Object.fromEntries(FIELDS.map(({ name, value }) => [name, value(replica)]));
    const healthy = { ...fields, ...NO_FAILURES };
    return numbers.map((number, i) => ({
      ...identityOf(number, product),
      replica: replica.index,
      served,
      fields: i === 0 ? fields : healthy,
    }));
  });

/** Until 4.8.2 the exporter says `Hostname`, later on `hostname`: both are here, so that dashboards of either find theirs. */
const LABELS = new KeptLabels((product, number) => {
  const { index, uuid, busId, model, host } = identityOf(number, product);
  return {
    gpu: index,
    UUID: uuid,
    pci_bus_id: busId,
    device: `nvidia${index}`,
    modelName: model,
    Hostname: host,
    hostname: host,
    DCGM_FI_DRIVER_VERSION: DRIVER,
  };
});

/** The metrics of all GPUs as dcgm-exporter's text, of all machines together. */
export function dcgmMetrics(out: Exposition, clusters: readonly ModelCluster[]): void {
  out.bound('dcgm', clusters, (families) => bindMetrics(families, clusters));
}

function bindMetrics(out: BoundFamilies, clusters: readonly ModelCluster[]): void {
  const all = machines(clusters).map(({ replica, product, numbers }) => {
    out.depends(({ gpus }) => gpus, replica.hardware);
    return { replica, labels: numbers.map((number) => LABELS.of(product, number)) };
  });
  if (all.length === 0) return;
  for (const { name, type, help, value, ofOne = false } of FIELDS) {
    out.family(name, type, help);
    for (const { replica, labels } of all) {
      const [first, ...others] = labels;
      const xid = name === XID_FIELD;
      out.sample(first!, value, replica, xid ? xidLabels(out.depends(value, replica)) : '');
      for (const text of others) {
        if (ofOne) out.constant(text, 0, xid ? xidLabels(0) : '');
        else out.again(text);
      }
    }
  }
}
