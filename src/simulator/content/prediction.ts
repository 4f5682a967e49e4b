/** A predicted output, compared token by token with what is really said. */

/** What came of a prediction. */
export interface PredictionOutcome {
  /** Per output token: 1 where the prediction had it next. */
  readonly matches: Uint8Array;
  /** Tokens of the prediction. */
  readonly tokens: number;
  /** Predicted tokens that are in the output. */
  readonly accepted: number;
  /** Predicted tokens that are not. */
  readonly rejected: number;
}

/** Tokens of the output that must be found in the prediction before it is followed again after a difference. */
const ANCHOR = 2;

/**
 * Follows the prediction through the output as an engine does while it generates: token by token as long as they agree;
 * after a difference it goes on where the latest two tokens of the output come next in the prediction.
 *
 * @param output - ids (or texts) of the tokens that are said
 * @param prediction - the same of the prediction
 */
export function comparePrediction<T extends string | number>(
  output: readonly T[],
  prediction: readonly T[],
): PredictionOutcome {
  const matches = new Uint8Array(output.length);
  const anchors = anchorsOf(prediction);
  let at = 0;
  let accepted = 0;
  let following = true;
  for (let i = 0; i < output.length; i++) {
    if (!following && i >= ANCHOR) {
      const found = nextFrom(anchors.get(`${output[i - 2]!}\0${output[i - 1]!}`), at);
      if (found !== undefined) {
        at = found;
        following = true;
      }
    }
    following &&= at < prediction.length && output[i] === prediction[at];
    if (!following) continue;
    matches[i] = 1;
    accepted++;
    at++;
  }
  return { matches, tokens: prediction.length, accepted, rejected: prediction.length - accepted };
}

/** Positions after each pair of tokens, ascending. */
function anchorsOf(tokens: readonly (string | number)[]): ReadonlyMap<string, number[]> {
  const anchors = new Map<string, number[]>();
  for (let i = ANCHOR; i < tokens.length; i++) {
    const key = `${tokens[i - 2]!}\0${tokens[i - 1]!}`;
    const known = anchors.get(key);
    if (known) known.push(i);
    else anchors.set(key, [i]);
  }
  return anchors;
}

/** The first position that is not before `from`, by bisection. */
function nextFrom(positions: readonly number[] | undefined, from: number): number | undefined {
  if (!positions) return undefined;
  let low = 0;
  let high = positions.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (positions[middle]! < from) low = middle + 1;
    else high = middle;
  }
  return positions[low];
}
