/** How a model answers, from what is known of it. */
import { type Efforts, effortsOf } from './efforts.js';
import type { ModelInfo } from '../../simulator/models/model.js';

/** See the file's head. */
export interface ModelTraits {
  /** `always`: it thinks before each answer; `asked`: when the request says how hard; `never`. */
  readonly reasons: 'always' | 'asked' | 'never';
  /** How hard it can think, where not every effort can be asked for. */
  readonly efforts: Efforts | undefined;
  /** Its thoughts can be read; else they only take time and tokens. */
  readonly showsThoughts: boolean;
  /** It refuses `max_tokens` and what bends the choice of words, as OpenAI's reasoning models do. */
  readonly isStrict: boolean;
  /** It searches the web before each answer of a chat, when the request says so, or never. */
  readonly searches: 'always' | 'asked' | 'never';
}

/** Models that think before every answer and show it. */
const ALWAYS = /deepseek-r|deepseek-reasoner|gpt-oss|qwq|thinking|reason|magistral/i;

/** `gpt-4o-search-preview`, `gpt-5-search-api`, and those of a date. */
const SEARCHES = /-search-(?:preview|api)/;

const known = new WeakMap<ModelInfo, ModelTraits>();

/** The traits of a model. */
export function traitsOf(model: ModelInfo): ModelTraits {
  let traits = known.get(model);
  if (!traits) known.set(model, (traits = read(model)));
  return traits;
}

function read(model: ModelInfo): ModelTraits {
  const efforts = model.owner === 'openai' ? effortsOf(model.id) : undefined;
  return { ...thoughts(model), efforts, searches: searchesOf(model) };
}

function searchesOf({ id, owner }: ModelInfo): ModelTraits['searches'] {
  if (SEARCHES.test(id)) return 'always';
  // Of OpenAI's only those do it that are named for it.
  return owner === 'openai' ? 'never' : 'asked';
}

function thoughts({
  id,
  owner,
  features,
}: ModelInfo): Pick<ModelTraits, 'reasons' | 'showsThoughts' | 'isStrict'> {
  if (!features.includes('reasoning')) return { reasons: 'never', showsThoughts: false, isStrict: false };
  if (ALWAYS.test(id)) return { reasons: 'always', showsThoughts: true, isStrict: false };
  // OpenAI's own hide their thoughts; they sell no model whose reasoning is optional and off by default.
  if (owner === 'openai') return { reasons: 'always', showsThoughts: false, isStrict: true };
  return { reasons: 'asked', showsThoughts: true, isStrict: false };
}
