/** Refusals in OpenAI's shape: values that the protocol renders, not failures of the server. */
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../../lib/errors.js';
import { packageFile } from '../../../lib/package-files.js';
import { asciiJson } from '../../json.js';
import type { Finding } from './finding.js';

/** What is wrong with a request, as OpenAI says it. */
export interface ApiErrorDetails {
  status: number;
  message: string;
  /** Such as `insufficient_quota`. Default: by the status. */
  type?: string;
  /** The parameter at fault, such as `messages[0].role`. */
  param?: string | null;
  code?: string | null;
  /** Further header lines, each ended by CRLF. */
  headers?: string;
  /** How long after the request's arrival it is answered. Default at once. */
  delayMs?: number;
  /** What is wrong is that there is nothing with an id that was given. */
  unknownResource?: boolean;
  /** What a check found, for families that say it in words of their own. */
  finding?: Finding;
  /** What stands beside the error in the answer. */
  beside?: object;
}

/** Thrown while a request is read; rendered with {@link body}. */
export class ApiError extends Error {
  readonly status: number;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
  readonly headers: string;
  readonly delayMs: number;
  readonly unknownResource: boolean;
  readonly finding: Finding | undefined;
  /** The answer: `{"error":{message,type,param,code}}`. */
  readonly body: string;

  constructor(details: ApiErrorDetails) {
    super(details.message);
    this.status = details.status;
    this.headers = details.headers ?? '';
    this.delayMs = details.delayMs ?? 0;
    this.unknownResource = details.unknownResource ?? false;
    this.finding = details.finding;
    const { message, param = null, code = null } = details;
    const type = details.type ?? typeOf(details.status);
    this.type = type;
    this.param = param;
    this.code = code;
    this.body = asciiJson({ error: { message, type, param, code }, ...details.beside });
  }
}

/** Everything that is wrong with a request; what it says of itself is the first of it. */
export class FaultList extends ApiError {
  constructor(readonly all: readonly ApiError[]) {
    const { status, message, param, code, finding } = all[0]!;
    super({ status, message, param, code, ...(finding && { finding }) });
  }
}

const typeOf = (status: number): string => (status >= 500 ? 'server_error' : 'invalid_request_error');

/** A parameter has a bad value. */
export const invalid = (param: string, code: string | null, message: string, finding?: Finding): ApiError =>
  new ApiError({ status: 400, message, param, code, ...(finding && { finding }) });

/** A parameter would change the answer in a way that is not simulated. */
export const unsupported = (param: string, what = `the parameter '${param}'`): ApiError =>
  invalid(
    param,
    'unsupported_parameter',
    `fakeai does not simulate ${what} yet. Leave it out, or send its default.`,
  );

/** A parameter that must be given is not. */
export const missing = (param: string): ApiError =>
  invalid(param, 'missing_required_parameter', `Missing required parameter: '${param}'.`, {
    kind: 'missing',
  });

/** A value that is none of those which a parameter takes. */
export function unsupportedValue(param: string, value: unknown, supported: readonly unknown[]): ApiError {
  const shown = (typeof value === 'string' ? `'${value}'` : JSON.stringify(value)).slice(0, 100);
  const message = `Invalid value: ${shown}. Supported values are: ${inWords(supported)}.`;
  return invalid(param, 'invalid_value', message, { kind: 'value', supported, value });
}

/** `'a'`, `'a' and 'b'`, `'a', 'b', and 'c'` */
export function inWords(values: readonly unknown[]): string {
  const quoted = values.map((value) => `'${String(value)}'`);
  const last = quoted.pop() ?? '';
  if (quoted.length === 0) return last;
  return `${quoted.join(', ')}${quoted.length > 1 ? ',' : ''} and ${last}`;
}

/** A parameter of a completion that is not in the API: where OpenAI says it in its older words. */
export const unrecognizedArgument = (name: string): ApiError =>
  new ApiError({
    status: 400,
    message: `Unrecognized request argument supplied: ${name.slice(0, 200)}`,
  });

/**
 * Looks at the model before all else, as OpenAI's older operations do.
 *
 * @throws ApiError when it is not said which is to answer, or it is no name
 */
export function requireModel({ model }: Readonly<Record<string, unknown>>): void {
  if (model === undefined || model === null || model === '')
    throw new ApiError({ status: 400, message: 'you must provide a model parameter' });
  if (typeof model !== 'string') throw notJson();
}

/** A body is not the JSON that it should be. */
export const notJson = (): ApiError =>
  new ApiError({
    status: 400,
    message:
      'We could not parse the JSON body of your request. (HINT: This likely means you are not using your HTTP library correctly. The API expects a JSON payload, but what was sent was not valid JSON.)',
  });

/**
 * A parameter that is not in the API.
 *
 * @param help - behind that
 */
export function unknownParameter(name: string, help = ''): ApiError {
  const shown = name.slice(0, 200);
  return new ApiError({
    status: 400,
    message: `Unknown parameter: '${shown}'.${help}`,
    param: shown,
    code: 'unknown_parameter',
  });
}

const NESTED_TOO_DEEP = new ApiError({
  status: 400,
  message: 'The JSON body of your request is nested too deep.',
});

const INTERNAL_ERROR = new ApiError({
  status: 500,
  message: 'The server had an error while processing your request.',
});

const FILES_GONE = new ApiError({
  status: 503,
  code: 'server_files_gone',
  headers: 'x-should-retry: false\r\n',
  message:
    'The files that this server runs from were removed or replaced since it started, and this request needs a part that was not loaded yet. Restart the server.',
});

/** Whether a part of fakeai could not be loaded, as when it was installed or built anew meanwhile. */
export function isFilesGone(error: unknown): boolean {
  const { code, message = '' } = (error ?? {}) as { code?: unknown; message?: string };
  return (
    (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND' || code === 'ENOENT') &&
    message.includes(fileURLToPath(packageFile('dist/')))
  );
}

/** Whatever was thrown, as the client is told of it; what is no refusal is warned of on stderr. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  // What overflows the stack is what the client nested: everything else that recurs has a bound.
  if (error instanceof RangeError) return NESTED_TOO_DEEP;
  process.emitWarning(`a request failed: ${messageOf(error)}`, 'FakeaiWarning');
  return isFilesGone(error) ? FILES_GONE : INTERNAL_ERROR;
}
