/** JSON Schemas that clients send: what is wrong with them, in OpenAI's words. */
import { generateValue } from '../../../simulator/content/json/generate.js';
import { type JsonSchema, SchemaError } from '../../../simulator/content/json/schema.js';
import { checkParameters } from '../../../simulator/content/json/parameter-rules.js';
import { checkStrict } from '../../../simulator/content/json/strict-rules.js';
import { createRandom } from '../../../lib/random.js';
import { invalid } from './errors.js';

/** What a schema is for. */
export interface SchemaUse {
  /** The parameter that has it. */
  param: string;
  /** `function 'name'` or `response_format 'name'` */
  what: string;
  code: string | null;
}

/**
 * Checks that a schema can be followed, and that it keeps OpenAI's rules if it is strict.
 *
 * @throws ApiError 400 that names the part at fault
 */
export function checkSchema(schema: JsonSchema, strict: boolean, use: SchemaUse): void {
  inWordsOf(use, () => {
    if (strict) checkStrict(schema);
    checkValueOf(schema);
  });
}

/**
 * Checks the parameters of a function: OpenAI looks at their shape also where they are not strict.
 *
 * @throws ApiError 400 that names the part at fault
 */
export function checkFunctionSchema(schema: JsonSchema, strict: boolean, use: SchemaUse): void {
  inWordsOf(use, () => {
    checkParameters(schema);
    if (strict) checkStrict(schema);
    checkValueOf(schema);
  });
}

/** Whether there is a value shows when one is made. */
function checkValueOf(schema: JsonSchema): void {
  generateValue(schema, { random: createRandom(0), context: '' });
}

function inWordsOf({ param, what, code }: SchemaUse, look: () => void): void {
  try {
    look();
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    const where = error.hasContext ? `In context=${error.context}, ` : '';
    throw invalid(param, code, `Invalid schema for ${what}: ${where}${error.message}`);
  }
}

/** Whether the parameters of a function keep OpenAI's rules for strict ones, where that is not said. */
export function canBeStrict(parameters: unknown): boolean {
  if (typeof parameters !== 'object' || parameters === null) return true;
  try {
    checkStrict({ type: 'object', ...parameters });
    return true;
  } catch (error) {
    if (error instanceof SchemaError) return false;
    throw error;
  }
}
