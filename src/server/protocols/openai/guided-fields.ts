/** How inference engines are told to keep to a form: `structured_outputs`, and vLLM's older names for it. */
import * as z from 'zod';
import type { TextFormat } from '../../../simulator/content/compose.js';
import type { JsonSchema } from '../../../simulator/content/json/schema.js';
import { isEbnf, larkFromEbnf } from '../../../simulator/content/lark/from-ebnf.js';
import { checkLark } from './chat/tools.js';
import { invalid } from './errors.js';
import { checkSchema } from './schemas.js';

const jsonObject = z.record(z.string(), z.unknown());

/** Parameters, of chat and of older completions. */
export const guidedFields = {
  guided_json: z.union([z.string(), jsonObject]).nullish(),
  guided_regex: z.string().nullish(),
  guided_choice: z.array(z.string()).min(1).nullish(),
  guided_grammar: z.string().nullish(),
  structured_outputs: z
    .strictObject({
      json: z.union([z.string(), jsonObject]).nullish(),
      regex: z.string().nullish(),
      choice: z.array(z.string()).min(1).nullish(),
      grammar: z.string().nullish(),
      whitespace_pattern: z.string().nullish(),
      disable_any_whitespace: z.boolean().nullish(),
      disable_additional_properties: z.boolean().nullish(),
      disable_fallback: z.boolean().nullish(),
    })
    .nullish(),
};

const shape = z.object(guidedFields);

/**
 * Reads them; undefined when nothing is asked for.
 *
 * @throws ApiError for what cannot be followed
 */
export function readGuided(body: z.output<typeof shape>): TextFormat | undefined {
  const { structured_outputs: structured } = body;
  const json = body.guided_json ?? structured?.json;
  const regex = body.guided_regex ?? structured?.regex;
  const choices = body.guided_choice ?? structured?.choice;
  if (json != null) {
    const schema = typeof json === 'string' ? parse(json) : json;
    checkSchema(schema, false, { param: 'guided_json', what: 'guided_json', code: 'invalid_value' });
    return { type: 'json_schema', schema };
  }
  if (regex != null) {
    const use = { param: 'guided_regex', what: 'guided_regex', code: 'invalid_value' };
    checkSchema({ type: 'string', pattern: regex }, false, use);
    return { type: 'regex', pattern: regex };
  }
  const grammar = body.guided_grammar ?? structured?.grammar;
  if (grammar != null) {
    const lark = isEbnf(grammar) ? larkFromEbnf(grammar) : grammar;
    return { type: 'grammar', grammar: checkLark(lark, 'guided_grammar') };
  }
  return choices ? { type: 'choice', choices } : undefined;
}

function parse(text: string): JsonSchema {
  let schema: unknown;
  try {
    schema = JSON.parse(text);
  } catch {
    schema = undefined;
  }
  if (typeof schema === 'object' && schema !== null && !Array.isArray(schema)) return schema as JsonSchema;
  throw invalid('guided_json', 'invalid_value', "Invalid 'guided_json': it is not a JSON Schema.");
}
