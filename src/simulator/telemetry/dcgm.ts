/** GPU telemetry as dcgm-exporter writes it: its names, labels and units, from the work that the engine did. */
import { type Exposition, labelText, type MetricType } from '../../lib/exposition.js';
import { hash32 } from '../../lib/random.js';
import { allReplicas, type ModelCluster } from './model-cluster.js';
import type { ReplicaSnapshot } from '../cluster/snapshot.js';
import { xidLabels } from './xid-labels.js';
import { telemetryOf } from '../hardware/gpu-telemetry.js';

const MIB = 2 ** 20;
/** Of every GPU's memory, for driver and page tables; neither used nor free. */
const RESERVED_SHARE = 0.006;
/** GPUs of a machine, and where they sit on its bus: a common layout of eight. */
const BUS_IDS = ['19', '3B', '4C', '5D', '9B', 'BB', 'CB', 'DB'] as const;
/** Bytes on the bus per byte moved: packets of 256 bytes have 24 of header and framing. */
const PCIE_HEADERS = 280 / 256;
/** Says plainly that no driver is behind these values. */
const DRIVER = 'simulated';

/** XID codes that count as uncorrectable memory errors, and those of row remapping. */
const ECC_XIDS = [48, 94, 95];
const REMAP_XID = 63;
const REMAP_FAILURE_XID = 64;

const XID_FIELD = 'DCGM_FI_DEV_XID_ERRORS';

/** NVML's bits in the field of throttle reasons. */
const REASONS = { idle: 0x1, powerCap: 0x4, thermal: 0x20 };

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

type Measured = ReplicaSnapshot & {
  readonly gpu: NonNullable<ReplicaSnapshot['gpu']>;
  readonly hardware: NonNullable<ReplicaSnapshot['hardware']>;
};

interface Field {
  name: string;
  type: MetricType;
  help: string;
  value: (replica: Measured) => number;
}

const field = (name: string, type: MetricType, help: string, value: Field['value']): Field => ({
  name,
  type,
  help,
  value,
});

/** To the nearest number of so many digits behind the point; whole ones from 0 on without the detour over text. */
const round = (value: number, digits = 0): number =>
  digits === 0 ? Math.round(value) : Number(value.toFixed(digits));
const none = (): number => 0;
const xidsOf = ({ xids }: ReplicaSnapshot, codes: readonly number[]): number =>
  codes.reduce((sum, code) => sum + (xids[code] ?? 0), 0);
const totalMib = ({ hardware }: Measured): number => round(hardware.gpu.memoryBytes / MIB);
const reservedMib = (replica: Measured): number => round(totalMib(replica) * RESERVED_SHARE);
/** Engines take their share of the memory at the start, whatever is in the cache. A dead process holds none. */
const usedMib = (replica: Measured): number =>
  replica.up ? round(totalMib(replica) * replica.hardware.memoryUtilization) : 0;
/** Each GPU moves its share of a replica's keys and values over its own bus. */
const tierKb = (replica: Measured, units: (tier: ReplicaSnapshot['tiers'][number]) => number): number => {
  const { tiers, unitTokens, kvBytesPerToken, hardware } = replica;
  const moved = tiers.reduce((sum, tier) => sum + units(tier), 0);
  return round((moved * unitTokens * kvBytesPerToken) / hardware.gpus / 1000);
};

/** In the order of dcgm-exporter's lists. */
const FIELDS = [
  field('DCGM_FI_DEV_SM_CLOCK', 'gauge', 'SM clock frequency (in MHz).', ({ gpu }) => round(gpu.smClockMhz)),
  field('DCGM_FI_DEV_MEM_CLOCK', 'gauge', 'Memory clock frequency (in MHz).', ({ gpu }) => gpu.memClockMhz),
  field('DCGM_FI_DEV_MEMORY_TEMP', 'gauge', 'Memory temperature (in C).', ({ gpu }) =>
    round(gpu.memoryTemperatureC),
  ),
  field('DCGM_FI_DEV_GPU_TEMP', 'gauge', 'GPU temperature (in C).', ({ gpu }) => round(gpu.temperatureC)),
  field('DCGM_FI_DEV_POWER_USAGE', 'gauge', 'Power draw (in W).', ({ gpu }) => round(gpu.powerW, 3)),
  field(
    'DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION',
    'counter',
    'Total energy consumption since boot (in mJ).',
    ({ gpu }) => round(gpu.energyMj),
  ),
  field(
    'DCGM_FI_DEV_PCIE_TX_THROUGHPUT',
    'counter',
    'Total number of bytes transmitted through PCIe TX (in KB) via NVML.',
    (replica) =>
      tierKb(replica, (tier) => (tier === replica.tiers[0] ? tier.storedUnits : 0)) +
      round(replica.handedOverBytes / replica.hardware.gpus / 1000),
  ),
  field(
    'DCGM_FI_DEV_PCIE_RX_THROUGHPUT',
    'counter',
    'Total number of bytes received through PCIe RX (in KB) via NVML.',
    (replica) => tierKb(replica, (tier) => tier.loadedUnits),
  ),
  field('DCGM_FI_DEV_PCIE_REPLAY_COUNTER', 'counter', 'Total number of PCIe retries.', none),
  field('DCGM_FI_DEV_GPU_UTIL', 'gauge', 'GPU utilization (in %).', ({ gpu }) => round(gpu.busy * 100)),
  field('DCGM_FI_DEV_MEM_COPY_UTIL', 'gauge', 'Memory utilization (in %).', ({ gpu }) =>
    round(gpu.memory * 100),
  ),
  field('DCGM_FI_DEV_ENC_UTIL', 'gauge', 'Encoder utilization (in %).', none),
  field('DCGM_FI_DEV_DEC_UTIL', 'gauge', 'Decoder utilization (in %).', none),
  field(XID_FIELD, 'gauge', 'Value of the last XID error encountered.', ({ lastXid }) => lastXid),
  field(
    'DCGM_FI_DEV_CLOCK_THROTTLE_REASONS',
    'gauge',
    'Bit mask of why the clocks are held back (NVML).',
    ({ gpu, stepping }) =>
      (stepping ? 0 : REASONS.idle) |
      (gpu.powerThrottled ? REASONS.powerCap : 0) |
      (gpu.thermalThrottled ? REASONS.thermal : 0),
  ),
  field(
    'DCGM_FI_DEV_POWER_VIOLATION',
    'counter',
    'Throttling duration due to power constraints (in ns).',
    ({ gpu }) => round(gpu.powerThrottledMs * 1e6),
  ),
  field(
    'DCGM_FI_DEV_THERMAL_VIOLATION',
    'counter',
    'Throttling duration due to thermal constraints (in ns).',
    ({ gpu }) => round(gpu.thermalThrottledMs * 1e6),
  ),
  field(
    'DCGM_FI_DEV_FB_FREE',
    'gauge',
    'Framebuffer memory free (in MiB).',
    (replica) => totalMib(replica) - reservedMib(replica) - usedMib(replica),
  ),
  field('DCGM_FI_DEV_FB_USED', 'gauge', 'Framebuffer memory used (in MiB).', usedMib),
  field('DCGM_FI_DEV_FB_RESERVED', 'gauge', 'Framebuffer memory reserved (in MiB).', reservedMib),
  field('DCGM_FI_DEV_ECC_SBE_VOL_TOTAL', 'counter', 'Total number of single-bit volatile ECC errors.', none),
  field('DCGM_FI_DEV_ECC_DBE_VOL_TOTAL', 'counter', 'Total number of double-bit volatile ECC errors.', (r) =>
    xidsOf(r, ECC_XIDS),
  ),
  field(
    'DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL',
    'counter',
    'Total number of NVLink bandwidth counters for all lanes.',
    // Megabytes in both directions, so that its rate is in MB/s.
    ({ gpu }) => round((2 * gpu.linkBytes) / 1e6),
  ),
  field('DCGM_FI_DEV_VGPU_LICENSE_STATUS', 'gauge', 'vGPU License status', none),
  field(
    'DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS',
    'counter',
    'Number of remapped rows for uncorrectable errors',
    (r) => xidsOf(r, [REMAP_XID]),
  ),
  field(
    'DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS',
    'counter',
    'Number of remapped rows for correctable errors',
    none,
  ),
  field('DCGM_FI_DEV_ROW_REMAP_FAILURE', 'gauge', 'Whether remapping of rows has failed', (r) =>
    xidsOf(r, [REMAP_FAILURE_XID]) > 0 ? 1 : 0,
  ),
  field('DCGM_FI_PROF_GR_ENGINE_ACTIVE', 'gauge', 'Ratio of time the graphics engine is active.', ({ gpu }) =>
    round(gpu.busy, 6),
  ),
  field(
    'DCGM_FI_PROF_PIPE_TENSOR_ACTIVE',
    'gauge',
    'Ratio of cycles the tensor (HMMA) pipe is active.',
    ({ gpu }) => round(gpu.tensor, 6),
  ),
  field(
    'DCGM_FI_PROF_DRAM_ACTIVE',
    'gauge',
    'Ratio of cycles the device memory interface is active sending or receiving data.',
    ({ gpu }) => round(gpu.memory, 6),
  ),
  field(
    'DCGM_FI_PROF_PCIE_TX_BYTES',
    'gauge',
    'The rate of data transmitted over the PCIe bus - including both protocol headers and data payloads - in bytes per second.',
    ({ busTraffic, hardware }) => round((busTraffic.sentPerS * PCIE_HEADERS) / hardware.gpus),
  ),
  field(
    'DCGM_FI_PROF_PCIE_RX_BYTES',
    'gauge',
    'The rate of data received over the PCIe bus - including both protocol headers and data payloads - in bytes per second.',
    ({ busTraffic, hardware }) => round((busTraffic.receivedPerS * PCIE_HEADERS) / hardware.gpus),
  ),
  field(
    'DCGM_FI_PROF_NVLINK_TX_BYTES',
    'gauge',
    'The rate of data transmitted over NVLink, not including protocol headers, in bytes per second.',
    ({ gpu }) => round(gpu.linkBytesPerS),
  ),
  field(
    'DCGM_FI_PROF_NVLINK_RX_BYTES',
    'gauge',
    'The rate of data received over NVLink, not including protocol headers, in bytes per second.',
    ({ gpu }) => round(gpu.linkBytesPerS),
  ),
];

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

const isMeasured = (replica: ReplicaSnapshot): replica is Measured =>
  replica.gpu !== undefined && replica.hardware !== undefined;

/** Who a GPU is. */
type Identity = Pick<FleetGpu, 'index' | 'uuid' | 'busId' | 'model' | 'host'>;

/** The GPU of a number within the fleet. */
function identityOf(number: number, { hardware }: Measured): Identity {
  const index = number % BUS_IDS.length;
  return {
    index,
    uuid: uuidOf(number),
    busId: `00000000:${BUS_IDS[index]!}:00.0`,
    model: telemetryOf(hardware.gpu).product,
    host: `fakeai-node-${Math.floor(number / BUS_IDS.length)}`,
  };
}

/** Replicas of which it is known what they run on, each with its GPUs. */
function machines(
  clusters: readonly ModelCluster[],
): { replica: Measured; served: string; gpus: readonly Identity[] }[] {
  let first = 0;
  return allReplicas(clusters).flatMap(({ replica, model }) => {
    if (!isMeasured(replica)) return [];
    const gpus = Array.from({ length: replica.hardware.gpus }, (_, i) => identityOf(first + i, replica));
    first += gpus.length;
    return { replica, served: model, gpus };
  });
}

/** All GPUs of the fleet; those of one replica work alike. Empty when the cost model does not say what it runs on. */
export const fleetGpus = (clusters: readonly ModelCluster[]): FleetGpu[] =>
  machines(clusters).flatMap(({ replica, served, gpus }) => {
    const fields = Object.fromEntries(FIELDS.map(({ name, value }) => [name, value(replica)]));
    return gpus.map((gpu) => ({ ...gpu, replica: replica.index, served, fields }));
  });

/** Until 4.8.2 the exporter says `Hostname`, later on `hostname`: both are here, so that dashboards of either find theirs. */
const labelsOf = ({ index, uuid, busId, model, host }: Identity): string =>
  labelText({
    gpu: index,
    UUID: uuid,
    pci_bus_id: busId,
    device: `nvidia${index}`,
    modelName: model,
    Hostname: host,
    hostname: host,
    DCGM_FI_DRIVER_VERSION: DRIVER,
  });

/** The metrics of all GPUs as dcgm-exporter's text, of all machines together. */
export function dcgmMetrics(out: Exposition, clusters: readonly ModelCluster[]): void {
  const all = machines(clusters).map(({ replica, gpus }) => ({ replica, labels: gpus.map(labelsOf) }));
  if (all.length === 0) return;
  for (const { name, type, help, value } of FIELDS) {
    out.family(name, type, help);
    for (const { replica, labels } of all) {
      const now = value(replica);
      const more = name === XID_FIELD ? `,${xidLabels(now)}` : '';
      for (const text of labels) out.sample(more === '' ? text : text + more, now);
    }
  }
}
