/** What a request leads to: its answer, and what is there afterwards. Ids and times differ each time, and are left out. */
import { createHash } from 'node:crypto';
import { type Example, exampleUrl } from '../examples/index.js';
import { formOf, type World } from '../examples/world.js';
import { type ErrorBody, operations } from '../spec.js';

/** See the file's head. */
export interface Observation {
  status: number;
  /** Of a refusal: the parameter that it names. */
  param: string | null;
  /** What can be compared; of a refusal what it says. */
  text: string;
}

type Answer = Record<string, never>;
/** Waits for what an answer has begun, and says where to look then. */
export type Aftermath = (
  world: World,
  answer: Answer,
  example: Example,
) => Promise<readonly string[]> | readonly string[];

const ID =
  /\b(?:[a-z]+(?:_[a-z]+)?[-_])[0-9A-Za-z]{16,}\b|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{20,}\b|\bek_\w+|batch_[0-9a-f]{20,}/g;
/** Models that were tuned have the id of their job in their name. */
const TUNED = /(ft:[^"]*):[0-9A-Za-z]{8}/g;
const TIME = /(_at|_ms|^created|^execution_time)$/;
/** A prompt that was sent before is in the cache: that is no effect of what differs. */
const CACHE = /^cache(d|_write|_creation_input|_read_input)_tokens$/;
/** Refusals that a parameter asks for. */
const WANTED = new Set(['moderation_blocked']);

/** Times as how many half minutes they are from when a thing was made. */
function timeless(value: unknown, madeS: number): unknown {
  if (Array.isArray(value)) return value.map((one) => timeless(one, madeS));
  if (typeof value !== 'object' || value === null) return value;
  const object = value as Answer;
  const made = object['created_at'] ?? object['created'];
  const since = typeof made === 'number' ? made : madeS;
  return Object.fromEntries(
    Object.entries(object).map(([key, one]) => [
      key,
      CACHE.test(key)
        ? 0
        : typeof one === 'number' && TIME.test(key)
          ? Math.round((one - since) / 30)
          : timeless(one, since),
    ]),
  );
}

/** Without ids and times, but for ids that were sent. */
function normal(type: string, bytes: Buffer, sent: string): string {
  const comparable = (json: string): string =>
    JSON.stringify(timeless(JSON.parse(json), 0))
      .replaceAll(ID, (id) => (sent.includes(id) ? id : 'ID'))
      .replaceAll(TUNED, '$1:ID');
  const text = bytes.toString('utf8');
  if (type.startsWith('application/json')) return comparable(text);
  if (type.startsWith('text/event-stream'))
    return text.replaceAll(/^data: (\{.*)$/gm, (_, json: string) => comparable(json));
  return type.startsWith('text/') ? text : createHash('sha256').update(bytes).digest('hex');
}

/** Sends a request and looks at all that comes of it. */
export async function observe(
  world: World,
  operationId: string,
  example: Example,
  after?: Aftermath,
): Promise<Observation> {
  const { method } = operations.get(operationId)!;
  const init: RequestInit = { method };
  if (example.form) init.body = formOf(example.form);
  else if (example.body) {
    init.body = JSON.stringify(example.body);
    init.headers = { 'content-type': 'application/json' };
  }
  const response = await fetch(exampleUrl(world.url, operationId, example), init);
  const type = response.headers.get('content-type') ?? '';
  const bytes = Buffer.from(await response.arrayBuffer());
  if (!response.ok) {
    const { error } = JSON.parse(bytes.toString()) as { error: ErrorBody };
    const status = WANTED.has(error.code ?? '') ? 200 : response.status;
    return { status, param: error.param, text: error.message };
  }
  const sent = JSON.stringify(example.body ?? {});
  let text = `${type} ${normal(type, bytes, sent)}`;
  if (after) {
    const answer = type.startsWith('application/json') ? (JSON.parse(bytes.toString()) as Answer) : {};
    for (const path of await after(world, answer, example)) {
      const seen = await fetch(`${world.url}/v1${path}`);
      const seenType = seen.headers.get('content-type') ?? '';
      text += `\n${seen.status} ${normal(seenType, Buffer.from(await seen.arrayBuffer()), sent)}`;
    }
  }
  return { status: response.status, param: null, text };
}
