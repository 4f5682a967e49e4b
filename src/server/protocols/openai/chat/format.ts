/** The form in which a chat request wants its answer. */
import type { TextFormat } from '../../../../simulator/content/compose.js';
import type { JsonSchema } from '../../../../simulator/content/json/schema.js';
import { isEbnf, larkFromEbnf } from '../../../../simulator/content/lark/from-ebnf.js';
import { invalid, missing } from '../errors.js';
import { objectFormat } from '../prompt-schema.js';
import { checkSchema } from '../schemas.js';
import type { ExtrasBody } from './body.js';
import type { ChatMessage } from './messages.js';
import { checkLark } from './tools.js';

const TEXT: TextFormat = { type: 'text' };

/**
 * Reads `response_format`, or what vLLM has for it.
 *
 * @throws ApiError for a schema that cannot be followed
 */
export function readFormat(body: ExtrasBody, messages: readonly ChatMessage[]): TextFormat {
  const guided = readGuided(body);
  if (guided) return guided;
  const format = body.response_format;
  if (!format || format.type === 'text') return TEXT;
  if (format.type === 'json_object') {
    requireWord(messages, 'messages', 'response_format');
    return objectFormat(messages);
  }
  if (!format.json_schema) throw missing('response_format.json_schema');
  const { name, schema, strict } = format.json_schema;
  return jsonSchemaFormat(schema ?? undefined, strict === true, name, 'response_format');
}

/**
 * A format that follows a schema.
 *
 * @param param - the parameter that it came with
 */
export function jsonSchemaFormat(
  schema: JsonSchema | undefined,
  strict: boolean,
  name: string,
  param: string,
): TextFormat {
  // Without a schema it is any object.
  if (schema === undefined) return { type: 'json_object' };
  checkSchema(schema, strict, { param, what: `response_format '${name}'`, code: null });
  return { type: 'json_schema', schema, name };
}

/** OpenAI wants to see that the model was told: it would go on writing white space otherwise. */
export function requireWord(messages: readonly ChatMessage[], param: string, format: string): void {
  if (messages.some(({ text }) => /json/i.test(text))) return;
  const message = `'${param}' must contain the word 'json' in some form, to use '${format}' of type 'json_object'.`;
  throw invalid(param, null, message);
}

function readGuided(body: ExtrasBody): TextFormat | undefined {
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
