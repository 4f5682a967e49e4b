/** Refusals of files and uploads, whose services speak of JSON schemas: `'abc' is not of type 'integer' - 'bytes'`. */
import { ApiError } from '../errors.js';
import type { Finding } from '../finding.js';
import { pythonText } from './python-text.js';

/** The only parameter that is named where its value is refused. */
const NAMED = 'purpose';

/** In which order the values of a parameter are listed, where it is another than the specification's. */
const ORDERS: Readonly<Record<string, readonly string[]>> = {
  purpose: ['fine-tune', 'assistants', 'batch', 'user_data', 'vision', 'evals'],
};

/**
 * What files and uploads say of an error; of what no words of theirs are known it stays as it is.
 *
 * @param isQuery - it is of the query, whose parameters are not named behind
 */
export function inSchemaWords(error: ApiError, isQuery: boolean): ApiError {
  const { finding, param } = error;
  if (!finding || param === null) return error;
  const message = isQuery ? queryWords(finding, param) : bodyWords(finding, param);
  if (message === undefined) return error;
  const isNamed = param === NAMED && finding.kind === 'value';
  return new ApiError({ status: 400, message, ...(isNamed && { param }) });
}

function bodyWords(finding: Finding, param: string): string | undefined {
  if (finding.kind === 'missing') {
    const dot = param.lastIndexOf('.');
    return `'${param.slice(dot + 1)}' is a required property${dot < 0 ? '' : ` - '${param.slice(0, dot)}'`}`;
  }
  const what = valueWords(finding, param);
  return what === undefined ? undefined : `${what} - '${param}'`;
}

function queryWords(finding: Finding, param: string): string | undefined {
  if (finding.kind === 'type')
    return `Wrong type, expected '${finding.types[0] ?? 'string'}' for query parameter '${param}'`;
  return valueWords(finding, param);
}

function valueWords(finding: Finding, param: string): string | undefined {
  switch (finding.kind) {
    case 'type':
      // A file is nothing that JSON has.
      if (finding.types.includes('file') || typeof finding.value === 'symbol') return undefined;
      return finding.values.length > 0
        ? oneOf(finding.value, finding.values, param)
        : `${pythonText(finding.value)} is not of type '${finding.types[0] ?? 'string'}'`;
    case 'value':
      return oneOf(finding.value, finding.supported, param);
    case 'range': {
      const side = finding.big ? 'greater than the maximum' : 'less than the minimum';
      return `${pythonText(finding.value)} is ${side} of ${finding.bound}`;
    }
    default:
      return undefined;
  }
}

const oneOf = (value: unknown, values: readonly unknown[], param: string): string =>
  `${pythonText(value)} is not one of ${pythonText(ORDERS[param] ?? values)}`;
