/** Refusals of embeddings, which have a sentence for each parameter and name it nowhere else. */
import { ApiError } from '../errors.js';
import type { Finding } from '../finding.js';
import { pythonText } from './python-text.js';

const refusal = (message: string): ApiError => new ApiError({ status: 400, message });

const NO_INPUT = 'Please submit an `input`.';
const NO_TEXT = "Invalid 'input': expected a string or token array.";
/** What is wrong inside of what is to be embedded is not told of. */
const WRONG_INPUT =
  "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.";

/** What embeddings say of an error; of what no words of theirs are known it stays as it is. */
export function inEmbeddingWords(error: ApiError): ApiError {
  const { finding, param } = error;
  if (param === null || !finding) return error;
  if (/^input\b(?!_)/.test(param)) return refusal(inputWords(finding, param));
  const message = valueWords(finding, param);
  return message === undefined ? error : refusal(message);
}

function inputWords(finding: Finding, param: string): string {
  if (param !== 'input') return WRONG_INPUT;
  if (finding.kind === 'missing' || (finding.kind === 'type' && finding.value === null)) return NO_INPUT;
  return finding.kind === 'type' ? NO_TEXT : WRONG_INPUT;
}

function valueWords(finding: Finding, param: string): string | undefined {
  switch (finding.kind) {
    case 'value':
      return `Invalid value for '${param}' = ${shown(finding.value)}. Supported values: ${pythonText(finding.supported)}.`;
    case 'type':
      return finding.values.length > 0
        ? `Invalid value for '${param}' = ${shown(finding.value)}. Supported values: ${pythonText(finding.values)}.`
        : `${pythonText(finding.value)} is not of type '${finding.types[0] ?? 'string'}' - '${param}'`;
    case 'range': {
      const bound = finding.big
        ? `less than or equal to ${finding.bound}`
        : `greater than ${finding.bound - 1}`;
      return `Invalid value for '${param}' = ${shown(finding.value)}. Must be ${bound}.`;
    }
    default:
      return undefined;
  }
}

const shown = (value: unknown): string =>
  typeof value === 'string' ? value.slice(0, 100) : pythonText(value).slice(0, 100);
