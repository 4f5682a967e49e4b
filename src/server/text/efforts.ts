/** How hard OpenAI's models can be asked to think, and how hard they think by themselves; from its guide to reasoning. */
import type { Effort } from '../../simulator/content/lengths.js';

/** See the file's head. */
export interface Efforts {
  /** What they take. */
  readonly all: readonly Effort[];
  /** When nothing is asked for. */
  readonly usual: Effort;
}

const THREE = ['low', 'medium', 'high'] as const;

/** By the beginning of a model's id; the first that fits counts. */
const RULES: readonly (readonly [RegExp, Efforts])[] = [
  [/^gpt-5-pro/, { all: ['high'], usual: 'high' }],
  [/^gpt-5(?:-mini|-nano)?(?:-\d|$)/, { all: ['minimal', ...THREE], usual: 'medium' }],
  [/^gpt-5\.[2-9]-pro/, { all: ['medium', 'high', 'xhigh'], usual: 'medium' }],
  [/^gpt-5\.1-codex-max/, { all: ['none', ...THREE, 'xhigh'], usual: 'medium' }],
  [/^gpt-5\.[2-9]-codex/, { all: [...THREE, 'xhigh'], usual: 'medium' }],
  [/^gpt-5(?:\.\d)?-codex/, { all: THREE, usual: 'medium' }],
  [/^gpt-5(?:\.\d)?-chat/, { all: ['medium'], usual: 'medium' }],
  // These do not think unless they are asked to.
  [/^gpt-6-astra|^gpt-6\.\d-sol/, { all: [...THREE, 'xhigh', 'max'], usual: 'medium' }],
  [/^gpt-5\.1/, { all: ['none', ...THREE], usual: 'none' }],
  [/^gpt-5\.[2-4]/, { all: ['none', ...THREE, 'xhigh'], usual: 'none' }],
  [/^gpt-5\.5/, { all: ['none', ...THREE, 'xhigh'], usual: 'medium' }],
  [/^gpt-5\.[6-9]/, { all: ['none', ...THREE, 'xhigh', 'max'], usual: 'medium' }],
  [/^gpt-6/, { all: ['none', ...THREE, 'xhigh', 'max'], usual: 'medium' }],
  [/^(?:o\d|codex)/, { all: THREE, usual: 'medium' }],
];

/** Undefined for models that take any effort. */
export const effortsOf = (id: string): Efforts | undefined =>
  RULES.find(([pattern]) => pattern.test(id))?.[1];
