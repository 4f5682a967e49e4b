/** From a base URL to the URLs of an API, and the headers that its endpoints want. */
import { FakeaiError } from '../lib/errors.js';
import { ENDPOINT_KINDS, endpointOf } from '../lib/endpoint-kinds.js';
import { FORM_BOUNDARY } from '../workloads/bodies/items.js';
import type { Plan } from '../workloads/plan.js';

function parseBase(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')) {
    throw new FakeaiError('FAKEAI_SETTING_INVALID', {
      where: '--url',
      problem: `"${url}" is not an http or https URL`,
      hint: 'Give the base URL of the server, for example http://localhost:8000 or https://api.openai.com/v1.',
    });
  }
  return parsed;
}

/** NIM ranks at a path of its own. */
const RANKING_PATH = '/ranking';
/** The longest first: one of them ends like another. */
const PATHS = [...Object.values(ENDPOINT_KINDS).map(({ path }) => path), RANKING_PATH]
  .filter((path) => path !== '')
  .toSorted((a, b) => b.length - a.length);

/** The base with its path ending in `/v1`, without the path of any endpoint and without a trailing slash. */
function versioned(url: string): URL {
  const base = parseBase(url);
  const whole = base.pathname.replace(/\/+$/, '');
  const end = PATHS.find((path) => whole.endsWith(path));
  const path = end === undefined ? whole : whole.slice(0, -end.length);
  base.pathname = /\/v\d+$/.test(path) || end !== undefined ? path : `${path}/v1`;
  return base;
}

/**
 * Where the requests of a plan go: `BASE/v1/chat/completions`, say, for a base with or without `/v1`. A URL that ends in
 * the path of an endpoint is taken as it is, and so is its query; that of a raw endpoint always is.
 *
 * @throws FakeaiError FAKEAI_SETTING_INVALID for anything but an http or https URL
 */
export function endpointUrl({ endpoint, endpointOptions }: EndpointOf, url: string): URL {
  if (endpoint === 'raw') return parseBase(url);
  const target = versioned(url);
  const nim = endpoint === 'rerank' && endpointOptions?.rerankShape === 'nim';
  target.pathname += nim ? RANKING_PATH : endpointOf(endpoint).path;
  return target;
}

type EndpointOf = Pick<Plan, 'endpoint' | 'endpointOptions'>;

/** Where the models are listed: beside the endpoints. */
export function modelsUrl(url: string): URL {
  const target = versioned(url);
  target.pathname += '/models';
  return target;
}

/** The headers that requests of a plan have unless the user gives others. */
export const defaultHeaders = ({ endpoint, endpointOptions, streaming }: Plan): Record<string, string> => ({
  'content-type':
    endpoint === 'transcription' || endpoint === 'translation'
      ? `multipart/form-data; boundary=${FORM_BOUNDARY}`
      : 'application/json',
  accept: endpointOptions?.speechEvents ? 'text/event-stream' : acceptOf(endpoint, streaming),
  'user-agent': 'fakeai',
});

function acceptOf(endpoint: Plan['endpoint'], streaming: boolean): string {
  if (endpoint === 'raw') return 'text/event-stream, application/json';
  if (endpoint === 'speech') return 'audio/wav';
  return streaming ? 'text/event-stream' : 'application/json';
}
