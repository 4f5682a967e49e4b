/**
 * Bounds of the histograms of each dialect. What is counted is counted once, with the bounds of all dialects together;
 * each dialect then shows its own, which is exact because they are among them.
 */

/** Values of several lists, ascending, each once. */
export const union = (...lists: readonly (readonly number[])[]): number[] =>
  [...new Set(lists.flat())].toSorted((a, b) => a - b);

/**
 * Dynamo's bounds: 0, then equal ratios up to `max`, rounded to two significant digits.
 *
 * @param count - bounds, 0 included
 */
const dynamo = (min: number, max: number, count: number): number[] => {
  const steps = Array.from({ length: count - 1 }, (_, i) => min * (max / min) ** ((i + 1) / (count - 1)));
  return union(
    [0],
    steps.map((step) => Number(step.toPrecision(2))),
  );
};

const KNOWN = new Map<number, readonly number[]>();

/** 1, 2, 5, 10 … up to a limit; the same list for the same limit. */
export function oneTwoFive(limit: number): readonly number[] {
  let bounds = KNOWN.get(limit);
  if (!bounds) {
    bounds = makeOneTwoFive(limit);
    // Context lengths are few; a test of many is no reason to keep them all.
    if (KNOWN.size > 100) KNOWN.clear();
    KNOWN.set(limit, bounds);
  }
  return bounds;
}

const makeOneTwoFive = (limit: number): number[] => {
  const bounds: number[] = [];
  for (let power = 1; ; power *= 10) {
    for (const digit of [1, 2, 5]) {
      if (digit * power > limit) return bounds;
      bounds.push(digit * power);
    }
  }
};

/** Longest context that token histograms tell apart. */
export const LONGEST_TOKENS = 1e6;

/** vLLM, V1 engine. Token histograms end at the model's context length: {@link oneTwoFive}. */
export const VLLM = {
  ttftS: [
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160,
    640, 2560,
  ],
  tokenS: [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80],
  latencyS: [0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680],
  choices: [1, 2, 5, 10, 20],
} as const;

/** Dynamo's frontend and router; its components have the Prometheus client's defaults. */
export const DYNAMO = {
  durationS: dynamo(1, 512, 10),
  ttftS: dynamo(0.001, 480, 18),
  itlS: dynamo(0.001, 2, 13),
  inputTokens: dynamo(50, 128_000, 12),
  outputTokens: dynamo(50, 32_000, 10),
  share: Array.from({ length: 21 }, (_, i) => i / 20),
  componentS: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
} as const;

/** What is counted. */
export const COUNTED = {
  ttftS: union(VLLM.ttftS, DYNAMO.ttftS),
  itlS: union([0.0005, 0.002, 0.005, 0.015, 0.02, 0.03, 0.04], VLLM.tokenS, DYNAMO.itlS),
  e2eS: union([0.001, 0.0025], VLLM.latencyS, DYNAMO.durationS, DYNAMO.componentS),
  phaseS: union([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2], VLLM.latencyS),
  timePerOutputTokenS: VLLM.tokenS,
  promptTokens: union(oneTwoFive(LONGEST_TOKENS), DYNAMO.inputTokens),
  generationTokens: union(oneTwoFive(LONGEST_TOKENS), DYNAMO.outputTokens),
  maxTokens: oneTwoFive(LONGEST_TOKENS),
  choices: VLLM.choices,
  share: DYNAMO.share,
} as const;

/** Quotient of neighbouring bounds up to which a quantile is told closely enough, and where that matters, in seconds. */
const FINEST_RATIO = 1.2;
const FINE = { fromS: 0.0005, toS: 60 } as const;

/** The same bounds, and others between those that lie far apart. */
function fine(bounds: readonly number[]): number[] {
  const between = bounds.flatMap((low, i) => {
    const high = bounds[i + 1] ?? low;
    if (low < FINE.fromS || high > FINE.toS) return [];
    const steps = Math.ceil(Math.log(high / low) / Math.log(FINEST_RATIO));
    return Array.from({ length: Math.max(0, steps - 1) }, (_, k) =>
      Number((low * (high / low) ** ((k + 1) / steps)).toPrecision(3)),
    );
  });
  return union(bounds, between);
}

/**
 * What a server's threads count, so that quantiles can be told from it to about a tenth: the bounds of the dialects alone are up to
 * 2.5 times their neighbours. Pages show {@link COUNTED}.
 */
export const COUNTED_FINELY = {
  ttftS: fine(COUNTED.ttftS),
  itlS: fine(COUNTED.itlS),
  e2eS: fine(COUNTED.e2eS),
} as const;
