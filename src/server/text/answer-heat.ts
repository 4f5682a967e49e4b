/** How far the words of an answer stray from the likeliest ones, by what a request says of sampling. */
import type { Digest } from '../../lib/digest.js';
import type { Heat } from '../../simulator/content/heat.js';
import { digestPrompt } from './prompt.js';
import type { TextAsk } from './text-model.js';

/** Of all sequences but the likeliest, where those are searched for. */
const BEAM_TEMPERATURE = 0.2;

/** Undefined where words are drawn as usual. */
export function heatOf(ask: TextAsk, digest: Digest, choice: number): Heat | undefined {
  const { greedy, temperature = 1, topP = 1, model, messages, seed } = ask;
  if (ask.beams) return { temperature: choice === 0 ? 0 : BEAM_TEMPERATURE, topP: 1, likely: digest };
  if (greedy) return { temperature: 0, topP: 1, likely: digest };
  if (temperature === 1 && topP === 1) return undefined;
  return {
    temperature,
    topP,
    likely: seed === undefined ? digest : digestPrompt(model, messages, undefined),
  };
}
