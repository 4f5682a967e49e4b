/**
 * Resources that nobody made (`--unknown-resources synthesize`): an operation on an unknown id is answered with a plausible
 * value from the specification. Nothing is stored: the id says it all.
 */
import { createRandom } from '../../lib/random.js';
import type { ServerContext } from '../context.js';
import type { ApiRequest } from '../routing/api-request.js';
import type { Reply } from '../routing/reply.js';
import type { Route } from '../routing/route.js';
import { sendFile } from './files.js';
import { answerTemplate, type FileTemplate, type NoBody } from './templates.js';
import { bodyOf, type Making } from './values.js';

const DAY_MS = 86_400_000;
/** What is synthesized began at most so long before the day did. */
const EARLIER_S = 7200;
/** How long it takes, at the longest, until whatever began has come to its end. */
const DONE_S = 100;
const HEADER = 'x-fakeai-synthesized: true\r\n';

/**
 * Answers in place of a 404.
 *
 * @returns whether there is an answer: not for streams, and not for what is no operation on a resource
 */
export async function synthesize(
  context: ServerContext,
  { operationId }: Route,
  request: ApiRequest,
  reply: Reply,
): Promise<boolean> {
  const template = answerTemplate(operationId);
  if (!template) return false;
  const body = jsonOf(request);
  if (body['stream'] === true || request.query.get('stream') === 'true') return false;
  const making = makingOf(context, request, body);
  if (isFile(template.body)) {
    await sendFile(context, template.body[1], making.random, request, reply);
    return true;
  }
  if (isNothing(template.body)) {
    reply.bytes(Buffer.alloc(0), 'application/json', HEADER);
    return true;
  }
  const made = bodyOf(template, making);
  reply.json(made, template.status ?? 200, HEADER);
  return true;
}

/** Everything follows from the seed and the ids; the clock gives the day, so that what is to expire lies ahead. */
function makingOf(context: ServerContext, request: ApiRequest, body: Record<string, unknown>): Making {
  const ids = Object.entries(request.params).flatMap(([name, value]) => [name, value ?? '']);
  // What has no id of its own is told apart by what was asked.
  const asked = request.method === 'POST' ? [JSON.stringify(body)] : [];
  const path = ids.length > 0 ? ids : asked;
  const random = createRandom(context.seed, 'synthesized', ...path);
  const dayS = Math.floor(context.clock.wallMs() / DAY_MS) * (DAY_MS / 1000);
  return { random, beginS: dayS - DONE_S - random.int(EARLIER_S - DONE_S), params: request.params, body };
}

/** The body; nothing when it is a form, or none. */
function jsonOf(request: ApiRequest): Record<string, unknown> {
  if (request.method !== 'POST' || /^multipart\//i.test(request.header('content-type') ?? '')) return {};
  return request.body.length === 0 ? {} : request.json();
}

const isFile = (body: unknown): body is FileTemplate => Array.isArray(body) && body[0] === 'file';
const isNothing = (body: unknown): body is NoBody => Array.isArray(body) && body[0] === 'nothing';
