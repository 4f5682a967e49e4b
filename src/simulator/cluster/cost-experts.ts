/** Blocks of routed experts: which of them are visited, on which GPU, and how long that takes. */
import {
  type Experts,
  expertsHit,
  expertSkew,
  groupSkew,
  shareVisited,
  upColumns,
} from '../architectures/architecture.js';
import { type ExpertFit, gemmMs, rooflineMs, WEIGHT_BYTES } from '../hardware/gpu.js';
import { type CostSetup, expertWeightBytes, expertWeights } from './cost-options.js';

/** Rows that a tile of a grouped multiplication wastes per expert at the most, on average (half of 64). */
const WASTED_ROWS = 32;
const ACTIVATION_BYTES = 2;

/**
 * Rows of the busiest of `groups` groups of experts.
 *
 * The rows of a group vary by chance (√mean) and because routers prefer some experts: with a coefficient of variation cv
 * between experts, a group of E/groups of them varies by cv·√(groups/E). The largest of `groups` draws is about
 * √(2·ln(groups)) deviations above the mean.
 */
const busiestRows = (meanRows: number, groups: number, experts: Experts): number =>
  meanRows +
  Math.sqrt(2 * Math.log(groups)) *
    (Math.sqrt(meanRows) + (groupSkew(experts) * meanRows) / Math.sqrt(experts.count / groups));

/**
 * Different experts among those of one of `groups` that its `rows` visit, see {@link shareVisited}. All groups wait for the busiest:
 * a single token that visits two experts has one of them read whole, however many groups there are.
 */
const busiestHit = (rows: number, groups: number, experts: Experts): number => {
  const own = experts.count / groups;
  if (own <= 1) return Math.min(1, rows) * own;
  return Math.max(Math.min(1, rows), own * shareVisited(-rows * Math.log1p(-1 / own), expertSkew(experts)));
};

/** How the GPU runs the experts as they are stored. */
export const expertFit = (setup: CostSetup): ExpertFit =>
  setup.gpu.experts[expertWeights(setup)] ?? setup.gpu.experts.bf16;

/**
 * Milliseconds of the routed experts of one layer, on the busiest GPU.
 *
 * Weights are read for the experts that are hit; every expert pads its rows to whole tiles. Both multiplications are
 * grouped kernels with fits of their own; the block's launch covers routing, permutation and activation.
 */
export const expertsMs = (setup: CostSetup, tokens: number): number => {
  const fit = expertFit(setup);
  const ms = expertsMsBy(setup, tokens, fit);
  return fit.few !== undefined && tokens <= fit.few.tokens
    ? Math.min(ms, expertsMsBy(setup, tokens, fit.few.fit))
    : ms;
};

const expertsMsBy = (setup: CostSetup, tokens: number, fit: ExpertFit): number => {
  const { architecture, gpu, expertParallel, tensorParallel } = setup;
  const { experts, hidden } = architecture;
  if (experts === undefined) return 0;
  const visits = tokens * experts.perToken;
  const rows = Math.min(visits, busiestRows(visits / expertParallel, expertParallel, experts));
  const hit = expertParallel === 1 ? expertsHit(experts, tokens) : busiestHit(rows, expertParallel, experts);
  const padded = rows + Math.min(rows, WASTED_ROWS * hit);
  const intermediate = (experts.intermediate * expertParallel) / tensorParallel;
  const weightBytes = expertWeightBytes(setup);
  const grouped = (inputs: number, outputs: number): number =>
    rooflineMs(
      gpu,
      fit,
      fit.computes,
      2 * padded * inputs * outputs,
      hit * inputs * outputs * weightBytes +
        rows * (inputs * WEIGHT_BYTES[fit.computes] + outputs * ACTIVATION_BYTES),
    );
  // Every visit is copied in, activated and summed back; every GPU reads all tokens and writes all their (partial) sums.
  const width = experts.latent ?? hidden;
  const routingBytes =
    fit.traffic * ACTIVATION_BYTES * (3 * rows * width + 3 * rows * intermediate + 2 * tokens * width);
  return (
    (fit.launchUs + (expertParallel > 1 ? (fit.groupsUs ?? 0) : 0)) * 1e-3 +
    fit.tokenNs * 1e-6 * tokens +
    (fit.visitNs ?? 0) * 1e-6 * rows +
    (fit.expertNs ?? 0) * 1e-6 * hit +
    grouped(width, upColumns(architecture) * intermediate) +
    grouped(intermediate, width) +
    gemmMs(gpu, 'bf16', tokens, hidden, experts.count) +
    (routingBytes / gpu.bandwidthBytesPerS) * 1e3
  );
};
