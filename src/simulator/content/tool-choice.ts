/** Which tools a simulated model calls. */
import type { Random } from '../../lib/random.js';
import type { Said } from './json/said.js';
import { isObject, type JsonSchema, propertiesOf } from './json/schema.js';
import { namesPlace } from './json/strings.js';

/** A tool that may be called. */
export interface ToolSpec {
  readonly type: 'function' | 'custom';
  readonly name: string;
  readonly description?: string;
  /** Of a function: what its arguments fit. */
  readonly parameters?: JsonSchema;
  /** Of a custom tool: an expression that its input fits. */
  readonly pattern?: string;
  /** Of a custom tool: a grammar in Lark's language that its input fits. */
  readonly grammar?: string;
  /** What it is called with, where that is not made up. */
  readonly input?: string;
}

/** `auto`: what fits the user's words, if anything does; `required`: at least one; names: one of these, or all of them. */
export type ToolChoice =
  'none' | 'auto' | 'required' | { readonly names: readonly string[]; readonly all?: true };

/** Most calls in one answer. */
const MAX_CALLS = 4;
/** Words of this length or less say nothing about a subject where they stand in sentences. */
const SHORT_WORD = 3;
/** Shorter ones do not even in names, nor do these: `add` and `buy` do, `get` and `set` do not. */
const SHORT_NAME = 2;
const COMMON_WORDS = new Set(
  'all and any api are can did for get has how its let new not now off one our out own per put set the too two use via was who why you'.split(
    ' ',
  ),
);

const wordsOf = (text: string): string[] =>
  text
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word.length > SHORT_NAME && !COMMON_WORDS.has(word));

/** "cities" and "city" are one, as are "compares", "comparing" and "compare", "run" and "running". */
const stem = (word: string): string =>
  word
    .replace(/ies$/, 'y')
    .replace(/(?<=.{3})(?:ing|ed|es|s|e)$/, '')
    .replace(/([bdgmnprt])\1$/, '$1')
    .replace(/y$/, 'i');

/** How much a tool has to do with a text: words of its name count three times as much as those of its description. */
export function relevance(tool: ToolSpec, text: string): number {
  const said = new Set(wordsOf(text.slice(-8000)).map(stem));
  const score = (words: string[]): number => new Set(words.map(stem).filter((word) => said.has(word))).size;
  const described = wordsOf((tool.description ?? '').slice(0, 2000)).filter(
    ({ length }) => length > SHORT_WORD,
  );
  return 3 * score(wordsOf(tool.name)) + score(described);
}

/** How much the best of some tools has to do with a text. */
export const bestRelevance = (tools: readonly ToolSpec[], text: string): number =>
  Math.max(0, ...tools.map((tool) => relevance(tool, text)));

/**
 * The tools that are called, in order; none when the model answers in text.
 *
 * @param text - the user's words
 * @param answered - the results of tools have just been given, so that `auto` and `parallel` calls ask for no more
 */
export function chooseTools(
  tools: readonly ToolSpec[],
  choice: ToolChoice,
  parallel: boolean,
  text: string,
  answered: boolean,
  random: Random,
): ToolSpec[] {
  if (choice === 'none' || tools.length === 0 || (choice === 'auto' && answered)) return [];
  const allowed =
    typeof choice === 'object' ? tools.filter(({ name }) => choice.names.includes(name)) : tools;
  if (typeof choice === 'object' && choice.all) return [...allowed];
  const scored = allowed.map((tool) => ({ tool, score: relevance(tool, text) }));
  const best = Math.max(0, ...scored.map(({ score }) => score));
  // A tool is meant when its name is; a word of its description alone may be chance.
  const meant = scored.filter(({ score }) => score >= 3 && score * 2 >= best).map(({ tool }) => tool);
  if (meant.length > 0) return meant.slice(0, parallel && typeof choice !== 'object' ? MAX_CALLS : 1);
  if (choice === 'auto')
    return scored
      .filter(({ score }) => score >= 2 && score === best)
      .map(({ tool }) => tool)
      .slice(0, 1);
  const top = scored.filter(({ score }) => score === best);
  return top.length > 0 ? [top[random.int(top.length)]!.tool] : [];
}

/** The calls of one tool: as many as there are places in the user's list, where it takes one place at a time. */
export function callsOf(tool: ToolSpec, said: Said): ToolSpec[] {
  const { parameters = {} } = tool;
  const places = propertiesOf(parameters).filter(
    ([name, property]) => namesPlace(name) && isObject(property) && property.type === 'string',
  );
  const times =
    tool.type === 'function' && tool.input === undefined && places.length === 1 ? said.placesInList : 1;
  return Array.from({ length: Math.min(times, MAX_CALLS) }, () => tool);
}
