/** Which parameters a chat request may have. */
import { isEngineParameter } from '../engine-parameters.js';
import { type ApiError, unknownParameter, unrecognizedArgument } from '../errors.js';
import { didYouMean } from '../near-names.js';
import { baseBody, extrasBody } from './body.js';

const BASE = new Set(Object.keys(baseBody.shape));
const EXTRAS = new Set(Object.keys(extrasBody.shape));

const isSet = (value: unknown): boolean => value !== undefined && value !== null;

/**
 * Goes through the names of a body's parameters.
 *
 * @returns whether any of them makes the request more than plain
 * @throws ApiError for one that nobody knows, or that asks for what is not simulated
 */
export function checkParameters(input: Readonly<Record<string, unknown>>): boolean {
  let extras = false;
  for (const name of Object.keys(input)) {
    if (BASE.has(name)) continue;
    if (EXTRAS.has(name)) {
      extras ||= isSet(input[name]);
      continue;
    }
    if (!isEngineParameter(name, input[name])) throw unknownTo(input, name);
  }
  return extras;
}

/** OpenAI's models of today refuse it in other words than those before them. */
const unknownTo = (input: Readonly<Record<string, unknown>>, name: string): ApiError =>
  typeof input.model === 'string' && /^(?:gpt-5|o\d)/.test(input.model)
    ? unknownParameter(name, didYouMean('createChatCompletion', name, input))
    : unrecognizedArgument(name);
