/** Which place of a request an error is of and what is wrong there, in whichever words its family says it. */
import type { ErrorBody } from './spec.js';

/** What the validators of some families call what has a code elsewhere. */
const CODES: Readonly<Record<string, string>> = {
  missing: 'missing_required_parameter',
  enum: 'invalid_value',
  value_error: 'invalid_type',
  string_too_long: 'string_above_max_length',
  string_too_short: 'empty_string',
};

const JSON_SCHEMA: readonly (readonly [RegExp, string])[] = [
  [/^'[\w.]+' is a required property/, 'missing_required_parameter'],
  [/ is not one of \[/, 'invalid_value'],
  [/ is not of type '|^Wrong type, expected /, 'invalid_type'],
  [/ is less than the minimum of /, 'integer_below_min_value'],
  [/ is greater than the maximum of /, 'integer_above_max_value'],
  [/^Please submit an `input`\.$/, 'missing_required_parameter'],
  [/^Invalid value for '\w+' = .*\. Supported values: \[/s, 'invalid_value'],
];

/** Its parameter, or what its message says instead; queries of files are not named. */
export function placeOf({ message, param }: ErrorBody): string | null {
  if (param !== null) return param;
  const [, tuple] = /'loc': \('body', ([^)]*)\), 'msg'/.exec(message) ?? [];
  if (tuple !== undefined)
    return tuple
      .split(', ')
      .map((part) => (part.startsWith("'") ? `.${part.slice(1, -1).replace('[]', '')}` : `[${part}]`))
      .join('')
      .slice(1);
  const [, name, inside] = /^'(\w+)' is a required property(?: - '([\w.]+)')?$/.exec(message) ?? [];
  if (name !== undefined) return inside === undefined ? name : `${inside}.${name}`;
  const [, place] = /(?: - |^|^Invalid value for |for query parameter )'(?:\$\.)?([\w.[\]]+)'(?:$| is invalid| = )/.exec(message) ?? []; // prettier-ignore
  if (place !== undefined) return place;
  return /^(Please submit an `input`|Invalid 'input')/.test(message) ? 'input' : null;
}

/** Its code, or what stands for it. */
export function faultOf({ message, code }: ErrorBody): string | null {
  if (code !== null) return code;
  const [, type] = /^\[\{'type': '(\w+)'/.exec(message) ?? [];
  if (type !== undefined) return CODES[type] ?? (/_(type|parsing|float)$/.test(type) ? 'invalid_type' : type);
  return JSON_SCHEMA.find(([pattern]) => pattern.test(message))?.[1] ?? null;
}

/** Operations that look at their model first: that it is no text is not told of by its name. */
export const MODEL_FIRST: ReadonlySet<string> = new Set([
  'createChatCompletion', 'createCompletion', 'createEmbedding', 'createSpeech', 'createTranscription', 'createTranslation',
]); // prettier-ignore

/** What they say without a model. */
export const NO_MODEL = { message: 'you must provide a model parameter', param: null, code: null };
