/** What a model's id says about how it answers. */

/** See the file's head. */
export interface ModelTraits {
  /** `always`: it thinks before each answer; `asked`: when the request says how hard; `never`. */
  readonly reasons: 'always' | 'asked' | 'never';
  /** Its thoughts can be read; else they only take time and tokens. */
  readonly showsThoughts: boolean;
  /** It refuses `max_tokens` and what bends the choice of words, as OpenAI's reasoning models do. */
  readonly isStrict: boolean;
}

/** OpenAI's own, whose thoughts are hidden. */
const HIDDEN = /^(?:ft:)?(?:o[1-9](?:-|$)|gpt-5(?!.*chat))/;
const OPEN =
  /deepseek-r\d|deepseek-reasoner|gpt-oss|qwq|qwen3.*thinking|magistral|reason|nemotron.*(?:ultra|super)|claude-.*thinking/i;
const ASKED = /^fakeai|claude-(?:3-7|sonnet-4|opus-4|haiku-4)|qwen3|gemini-(?:2\.5|3)|grok-(?:3-mini|4)/i;

/** The traits of a model. */
export function traitsOf(model: string): ModelTraits {
  if (HIDDEN.test(model)) return { reasons: 'always', showsThoughts: false, isStrict: true };
  if (OPEN.test(model)) return { reasons: 'always', showsThoughts: true, isStrict: false };
  return { reasons: ASKED.test(model) ? 'asked' : 'never', showsThoughts: true, isStrict: false };
}
