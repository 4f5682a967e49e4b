/** The form in which a chat request wants its answer. */
import type { TextFormat } from '../../../../simulator/content/compose.js';
import type { JsonSchema } from '../../../../simulator/content/json/schema.js';
import { invalid, missing } from '../errors.js';
import { readGuided } from '../guided-fields.js';
import { objectFormat } from '../prompt-schema.js';
import { checkSchema } from '../schemas.js';
import type { ExtrasBody } from './body.js';
import type { ChatMessage } from './messages.js';

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
