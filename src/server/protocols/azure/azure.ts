/**
 * OpenAI's API under the paths of Azure: `/openai/deployments/NAME/…` asks the model that was deployed under a name, which
 * here is the model's id; `/openai/…` and `/openai/v1/…` are the rest of the API. Bodies, answers and errors are OpenAI's own.
 */
import type { HttpRequest } from '../../http/parser.js';
import { ApiError } from '../openai/errors.js';

const PREFIX = '/openai/';
const DEPLOYMENTS = '/openai/deployments/';
/** Which has no versions to choose from. */
const NEXT = '/openai/v1/';
/** The field of a form, as it is written in the bytes. */
const FORM_MODEL = /(name="?model"?\r\n(?:[^\r\n]+\r\n)*\r\n)[^\r\n]*/;

/** Whether a path is one of Azure's. */
export const isAzurePath = (path: string): boolean => path.startsWith(PREFIX);

/**
 * The request as OpenAI would get it: its path, and the model that the path or the query names in its body or query.
 *
 * @throws ApiError 404, as Azure answers without an `api-version`
 */
export function fromAzure({ head, body }: HttpRequest): HttpRequest {
  const { path } = head;
  if (path.startsWith(NEXT)) return { head: { ...head, path: `/v1/${path.slice(NEXT.length)}` }, body };
  const query = new URLSearchParams(head.query);
  if (!query.get('api-version')) throw withoutVersion(path);
  query.delete('api-version');
  const deployed = path.startsWith(DEPLOYMENTS) ? deploymentIn(path) : undefined;
  if (!deployed) {
    const deployment = query.get('deployment');
    if (deployment !== null && !query.has('model')) query.set('model', deployment);
    query.delete('deployment');
    return { head: { ...head, path: `/v1/${path.slice(PREFIX.length)}`, query: query.toString() }, body };
  }
  const named = withModel(body, deployed.name, head.headers.get('content-type') ?? '');
  const asked = { ...head, path: `/v1/${deployed.rest}`, query: query.toString(), bodyLength: named.length };
  return { head: asked, body: named };
}

/** @throws ApiError 404 for what names no deployment */
function deploymentIn(path: string): { name: string; rest: string } {
  const [, name, rest] = /^([^/]+)\/(.+)$/.exec(path.slice(DEPLOYMENTS.length)) ?? [];
  if (name === undefined || rest === undefined) throw notFound('Resource not found');
  try {
    return { name: decodeURIComponent(name), rest };
  } catch {
    throw notFound('The API deployment for this resource does not exist.');
  }
}

/** The deployment is what answers, whatever model the body names. A body that cannot be read is left to whoever reads it. */
function withModel(body: Buffer, model: string, type: string): Buffer {
  const [, quoted, bare] = /^multipart\/form-data\b.*\bboundary=(?:"([^"]+)"|([^\s;]+))/i.exec(type) ?? [];
  const boundary = quoted ?? bare;
  return boundary === undefined ? jsonWithModel(body, model) : formWithModel(body, model, boundary);
}

function jsonWithModel(body: Buffer, model: string): Buffer {
  let fields: unknown;
  try {
    fields = JSON.parse(body.toString());
  } catch {
    return body;
  }
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) return body;
  return Buffer.from(JSON.stringify({ ...fields, model }));
}

function formWithModel(body: Buffer, model: string, boundary: string): Buffer {
  // Each character is a byte.
  const form = body.toString('latin1');
  const value = Buffer.from(model)
    .toString('latin1')
    .replaceAll(/[\r\n]/g, ' ');
  const own = `--${boundary}\r\ncontent-disposition: form-data; name="model"\r\n\r\n${value}\r\n`;
  const known = FORM_MODEL.exec(form);
  const named = known
    ? form.slice(0, known.index) + known[1]! + value + form.slice(known.index + known[0].length)
    : own + form;
  return Buffer.from(named, 'latin1');
}

const withoutVersion = (path: string): ApiError =>
  notFound(
    `Resource not found (${path.slice(0, 200)}). Azure's paths need the query parameter 'api-version'.`,
  );

/** As Azure says it. */
const notFound = (message: string): ApiError => new ApiError({ status: 404, message, code: '404' });
