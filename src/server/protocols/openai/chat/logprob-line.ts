/** The log probabilities of a chat's text, as its tokens are shown. */
import type { Random } from '../../../../lib/random.js';
import { Logprobs, type PlacedLogprob, type TokenLogprob } from '../../../../simulator/content/logprobs.js';
import { ShownTokens } from '../../../../simulator/content/shown-tokens.js';
import type { ShownTrace } from '../token-trace.js';

/** @param shown - what it is named by */
const entryJson = ({ token, logprob }: TokenLogprob, shown = token) => ({
  token: shown,
  logprob,
  bytes: [...Buffer.from(token, 'utf8')],
});

/** As vLLM has it, alternatives that are named by their ids have the bytes of those names. */
export function placedJson(placed: PlacedLogprob, trace: ShownTrace | undefined) {
  const names = trace?.namesIds ? trace.ids : undefined;
  const alternative = ({ token, logprob }: TokenLogprob) =>
    entryJson({ token: names?.nameOf(token) ?? token, logprob });
  return { ...entryJson(placed, names?.nameOf(placed.token)), top_logprobs: placed.top.map(alternative) };
}

/** The log probabilities of a text, as its tokens are shown. */
export class LogprobLine {
  readonly #logprobs: Logprobs;
  readonly #waiting = new ShownTokens<PlacedLogprob>();

  constructor(random: Random, top: number, greedy: boolean) {
    this.#logprobs = new Logprobs(random, top, greedy);
  }

  push(piece: string): void {
    this.#waiting.push(this.#logprobs.of(piece), piece.length);
  }

  /** What goes with a text that is shown. */
  show(text: string): PlacedLogprob[] {
    return this.#waiting.show(text.length);
  }
}
