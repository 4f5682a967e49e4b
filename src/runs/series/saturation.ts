/**
 * Over-saturation: more comes in than is answered, so that the queue grows for as long as load is sent. Nothing is gained
 * by sending on, and whatever percentile comes out depends on when sending ends.
 *
 * Told by straight lines through requests in flight and through latencies over time: both must rise, with 99.9 %
 * confidence (Student's t), by more than {@link LEAST_EXCESS}. Loads near the limit rise and fall by chance, slowly; that
 * the confidence knows of this is what the correction in {@link lineThrough} is for.
 */
import {
  liveBucketFromMs,
  LIVE_BUCKETS,
  type Progress,
  type TargetProgress,
} from '../../results/progress.js';

/** Shorter than this, and with fewer stretches of time, nothing is said. */
const LEAST_MS = 5000;
const LEAST_STRETCHES = 16;
/** With so many stretches, neighbours become one: memory is bounded however long the point takes. */
const MOST_STRETCHES = 64;
/** Fewer in flight than this are no queue worth speaking of. */
const LEAST_IN_FLIGHT = 10;
/**
 * Of what comes in, so much is not answered: requests in flight rise by this share of those sent, and latencies by this
 * share of the time. A server that can do c of an offered load l falls behind by 1 − c / l in both.
 */
const LEAST_EXCESS = 0.05;
/** One-sided 99.9 % quantile of the standard normal distribution. */
const Z = 3.090232306;

interface Stretch {
  /** Middle of the stretch, milliseconds. */
  ms: number;
  inFlight: number;
  /** Mean of the latencies that became known in it; NaN if none did. */
  latencyMs: number;
  /** Progress reports in it. */
  weight: number;
}

/** Watches one point of a search. */
export class SaturationWatch {
  readonly #fromMs: number;
  readonly #targets = new Map<string, TargetWatch>();

  /** @param warmupMs - nothing is looked at before */
  constructor(warmupMs: number) {
    this.#fromMs = warmupMs;
  }

  /** Takes a report; gives the reason to stop as soon as a target is over-saturated. */
  saturated({ phase, elapsedMs, targets }: Progress): string | undefined {
    if (phase !== 'measuring' || elapsedMs < this.#fromMs) return undefined;
    for (const target of targets) {
      const watch = this.#targets.get(target.name) ?? new TargetWatch();
      this.#targets.set(target.name, watch);
      watch.add(elapsedMs, target);
      if (elapsedMs - this.#fromMs >= LEAST_MS && watch.growsWithoutEnd) {
        const where = targets.length > 1 ? `${target.name} is` : 'the endpoint is';
        return `${where} over-saturated: requests in flight and latencies rise for as long as load is sent.`;
      }
    }
    return undefined;
  }
}

class TargetWatch {
  #stretches: Stretch[] = [];
  #seen = new Uint32Array(LIVE_BUCKETS);
  #width = 1;
  #sentBefore = Number.NaN;
  #sent = 0;

  add(ms: number, { inFlight, latencies, sent }: TargetProgress): void {
    if (Number.isNaN(this.#sentBefore)) this.#sentBefore = sent;
    this.#sent = sent;
    // Streams tell of trouble with their first token; other answers have only their end.
    const counts = latencies.ttft.some((count) => count > 0) ? latencies.ttft : latencies.e2e;
    const next: Stretch = { ms, inFlight, latencyMs: meanOfNew(counts, this.#seen), weight: 1 };
    this.#seen = counts.slice();
    const last = this.#stretches.at(-1);
    if (last && last.weight < this.#width) this.#stretches[this.#stretches.length - 1] = joined(last, next);
    else this.#stretches.push(next);
    if (this.#stretches.length > MOST_STRETCHES) this.#halve();
  }

  get growsWithoutEnd(): boolean {
    const known = this.#stretches.filter(({ latencyMs }) => !Number.isNaN(latencyMs));
    if (known.length < LEAST_STRETCHES) return false;
    const { slopeLow, end } = lineThrough(this.#stretches, ({ inFlight }) => inFlight);
    const sentPerMs = (this.#sent - this.#sentBefore) / (this.#stretches.at(-1)!.ms - this.#stretches[0]!.ms);
    if (end < LEAST_IN_FLIGHT || slopeLow < LEAST_EXCESS * sentPerMs) return false;
    return lineThrough(known, ({ latencyMs }) => latencyMs).slopeLow >= LEAST_EXCESS;
  }

  #halve(): void {
    const pairs: Stretch[] = [];
    for (let i = 0; i < this.#stretches.length; i += 2) {
      const [a, b] = [this.#stretches[i]!, this.#stretches[i + 1]];
      pairs.push(b ? joined(a, b) : a);
    }
    this.#stretches = pairs;
    this.#width *= 2;
  }
}

function joined(a: Stretch, b: Stretch): Stretch {
  const weight = a.weight + b.weight;
  const mean = (x: number, y: number): number => (x * a.weight + y * b.weight) / weight;
  const latencyMs = Number.isNaN(a.latencyMs)
    ? b.latencyMs
    : Number.isNaN(b.latencyMs)
      ? a.latencyMs
      : mean(a.latencyMs, b.latencyMs);
  return { ms: mean(a.ms, b.ms), inFlight: mean(a.inFlight, b.inFlight), latencyMs, weight };
}

/** Mean of what was counted since the last look, at the lower bounds of its buckets; NaN if nothing was. */
function meanOfNew(counts: Uint32Array, seen: Uint32Array): number {
  let total = 0;
  let sum = 0;
  for (let i = 0; i < counts.length; i++) {
    const fresh = Math.max(0, counts[i]! - seen[i]!);
    if (fresh === 0) continue;
    total += fresh;
    sum += fresh * liveBucketFromMs(i);
  }
  return sum / total;
}

/** A straight line through points, and what its slope is at least. */
interface Fit {
  slopeLow: number;
  end: number;
}

/**
 * Ordinary least squares. Values of neighbouring stretches are alike, as those of a queue always are, so they count as
 * fewer independent ones: n · (1 − r) / (1 + r) for residuals with a correlation r between neighbours (Bayley and
 * Hammersley 1946, the usual correction for a first-order process).
 */
function lineThrough(points: readonly Stretch[], valueOf: (point: Stretch) => number): Fit {
  const n = points.length;
  const meanX = points.reduce((sum, { ms }) => sum + ms, 0) / n;
  const meanY = points.reduce((sum, point) => sum + valueOf(point), 0) / n;
  let xx = 0;
  let xy = 0;
  for (const point of points) {
    xx += (point.ms - meanX) ** 2;
    xy += (point.ms - meanX) * (valueOf(point) - meanY);
  }
  const slope = xy / xx;
  const at = (ms: number): number => meanY + slope * (ms - meanX);
  const residuals = points.map((point) => valueOf(point) - at(point.ms));
  const squares = residuals.reduce((sum, residual) => sum + residual ** 2, 0);
  const products = residuals.reduce((sum, residual, i) => sum + residual * (residuals[i - 1] ?? 0), 0);
  const r = squares > 0 ? Math.min(0.99, Math.max(0, products / squares)) : 0;
  const degrees = Math.max(1, (n * (1 - r)) / (1 + r) - 2);
  const margin = studentT(degrees) * Math.sqrt(squares / n / (xx / n) / degrees);
  return { slopeLow: slope - margin, end: at(points.at(-1)!.ms) };
}

/** Student's t at the confidence of {@link Z}: the expansion in 1/ν (Abramowitz & Stegun 26.7.5), within 1 % from ν = 5. */
const studentT = (degrees: number): number =>
  Z +
  (Z ** 3 + Z) / (4 * degrees) +
  (5 * Z ** 5 + 16 * Z ** 3 + 3 * Z) / (96 * degrees ** 2) +
  (3 * Z ** 7 + 19 * Z ** 5 + 17 * Z ** 3 - 15 * Z) / (384 * degrees ** 3);
