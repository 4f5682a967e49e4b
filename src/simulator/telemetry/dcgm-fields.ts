/** The values of dcgm-exporter's fields, from the work that the engine did: its names, types and units. */
import type { MetricType } from '../../lib/exposition.js';
import type { ReplicaSnapshot } from '../cluster/snapshot.js';

const MIB = 2 ** 20;
/** Of every GPU's memory, for driver and page tables; neither used nor free. */
const RESERVED_SHARE = 0.006;
/** Bytes on the bus per byte moved: packets of 256 bytes have 24 of header and framing. */
const PCIE_HEADERS = 280 / 256;
/** XID codes that count as uncorrectable memory errors, and those of row remapping. */
const ECC_XIDS = [48, 94, 95];
const REMAP_XID = 63;
const REMAP_FAILURE_XID = 64;

export const XID_FIELD = 'DCGM_FI_DEV_XID_ERRORS';

/** NVML's bits in the field of throttle reasons. */
const REASONS = { idle: 0x1, powerCap: 0x4, thermal: 0x20 };

/** A replica of which it is known what it runs on. */
export type Measured = ReplicaSnapshot & {
  readonly gpu: NonNullable<ReplicaSnapshot['gpu']>;
  readonly hardware: NonNullable<ReplicaSnapshot['hardware']>;
};

/** One field. */
export interface Field {
  name: string;
  type: MetricType;
  help: string;
  value: (replica: Measured) => number;
  /** A failure of one GPU, the first of the replica: the others stop for want of it, but report nothing. */
  ofOne?: boolean;
}

const field = (name: string, type: MetricType, help: string, value: Field['value']): Field => ({
  name,
  type,
  help,
  value,
});

/** What a failure of a single GPU leaves behind; see {@link Field.ofOne}. */
const failureField = (...[name, type, help, value]: Parameters<typeof field>): Field => ({
  ...field(name, type, help, value),
  ofOne: true,
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
export const FIELDS: readonly Field[] = [
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
  failureField(XID_FIELD, 'gauge', 'Value of the last XID error encountered.', ({ lastXid }) => lastXid),
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
  failureField(
    'DCGM_FI_DEV_ECC_DBE_VOL_TOTAL',
    'counter',
    'Total number of double-bit volatile ECC errors.',
    (r) => xidsOf(r, ECC_XIDS),
  ),
  field(
    'DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL',
    'counter',
    'Total number of NVLink bandwidth counters for all lanes.',
    // Megabytes in both directions, so that its rate is in MB/s.
    ({ gpu }) => round((2 * gpu.linkBytes) / 1e6),
  ),
  field('DCGM_FI_DEV_VGPU_LICENSE_STATUS', 'gauge', 'vGPU License status', none),
  failureField(
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
  failureField('DCGM_FI_DEV_ROW_REMAP_FAILURE', 'gauge', 'Whether remapping of rows has failed', (r) =>
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

/** The fields of a GPU that has had no failure of its own. */
export const NO_FAILURES = Object.fromEntries(
  FIELDS.filter(({ ofOne }) => ofOne).map(({ name }) => [name, 0]),
);

export const isMeasured = (replica: ReplicaSnapshot): replica is Measured =>
  replica.gpu !== undefined && replica.hardware !== undefined && replica.hardware.gpu.vendor !== 'amd';
