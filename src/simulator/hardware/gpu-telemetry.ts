/** What monitoring sees of a GPU besides its speed: product name, clocks, idle power. */
import type { Gpu } from './gpu.js';

/** Figures of one kind of GPU. */
export interface GpuTelemetry {
  /** As the driver says it. */
  readonly product: string;
  /** Highest clock of the multiprocessors, at which inference runs unless something throttles it. */
  readonly smClockMhz: number;
  readonly memClockMhz: number;
  /** Draw of a GPU that holds a model and waits; the clocks stay up while a process has it. */
  readonly idleW: number;
}

/** Clocks: vendor data sheets. Idle draws are round figures of what operators report, not measured here. */
const FIGURES: Readonly<Record<string, GpuTelemetry>> = {
  a100: { product: 'NVIDIA A100-SXM4-80GB', smClockMhz: 1410, memClockMhz: 1593, idleW: 65 },
  'a100-40gb': { product: 'NVIDIA A100-SXM4-40GB', smClockMhz: 1410, memClockMhz: 1215, idleW: 55 },
  h100: { product: 'NVIDIA H100 80GB HBM3', smClockMhz: 1980, memClockMhz: 2619, idleW: 115 },
  'h100-pcie': { product: 'NVIDIA H100 PCIe', smClockMhz: 1755, memClockMhz: 1593, idleW: 80 },
  h200: { product: 'NVIDIA H200', smClockMhz: 1980, memClockMhz: 3201, idleW: 120 },
  b200: { product: 'NVIDIA B200', smClockMhz: 1965, memClockMhz: 3996, idleW: 190 },
  gb200: { product: 'NVIDIA GB200', smClockMhz: 2062, memClockMhz: 3996, idleW: 200 },
  h20: { product: 'NVIDIA H20', smClockMhz: 1980, memClockMhz: 2619, idleW: 75 },
  b300: { product: 'NVIDIA B300 SXM6 AC', smClockMhz: 1920, memClockMhz: 3996, idleW: 200 },
  gb300: { product: 'NVIDIA GB300', smClockMhz: 1920, memClockMhz: 3996, idleW: 210 },
  l4: { product: 'NVIDIA L4', smClockMhz: 2040, memClockMhz: 6251, idleW: 16 },
  l40s: { product: 'NVIDIA L40S', smClockMhz: 2520, memClockMhz: 9001, idleW: 85 },
  'rtx-pro-6000': {
    product: 'NVIDIA RTX PRO 6000 Blackwell Server Edition',
    smClockMhz: 2430,
    memClockMhz: 12_481,
    idleW: 75,
  },
  'rtx-6000-ada': {
    product: 'NVIDIA RTX 6000 Ada Generation',
    smClockMhz: 2505,
    memClockMhz: 10_001,
    idleW: 70,
  },
  a10: { product: 'NVIDIA A10', smClockMhz: 1695, memClockMhz: 6251, idleW: 45 },
  a30: { product: 'NVIDIA A30', smClockMhz: 1440, memClockMhz: 1215, idleW: 40 },
  mi300x: { product: 'AMD Instinct MI300X', smClockMhz: 2100, memClockMhz: 1300, idleW: 140 },
  mi325x: { product: 'AMD Instinct MI325X', smClockMhz: 2100, memClockMhz: 1500, idleW: 150 },
  mi355x: { product: 'AMD Instinct MI355X', smClockMhz: 2400, memClockMhz: 2000, idleW: 220 },
  a40: { product: 'NVIDIA A40', smClockMhz: 1740, memClockMhz: 7251, idleW: 75 },
};

/** The figures of a GPU; of one that is not in the catalogue, those of an average one of its power. */
export const telemetryOf = ({ name, tdpW }: Gpu): GpuTelemetry =>
  FIGURES[name] ?? { product: name, smClockMhz: 1800, memClockMhz: 2600, idleW: 0.16 * tdpW };
