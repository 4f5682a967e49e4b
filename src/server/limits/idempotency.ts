/**
 * `Idempotency-Key`: a request that is sent again with the same key is answered with the first answer, not made again.
 * For requests that are answered whole; a stream is made again.
 */
import { createHash } from 'node:crypto';
import type { ServerContext } from '../context.js';
import type { HttpRequest } from '../http/parser.js';
import { ApiError } from '../protocols/openai/errors.js';
import type { InternalAnswer } from '../routing/internal-request.js';
import type { Reply } from '../routing/reply.js';
import { newId } from '../store/new-id.js';
import { OF_OWNER, OWNED } from '../store/owned.js';
import type { Collection } from '../store/store.js';
import { apiKeyOf } from './api-keys.js';

interface Answered {
  /** Of the body. */
  digest: string;
  /** The thread that makes the answer. */
  owner: string;
  /** Undefined while it is being made. */
  answer?: { status: number; type: string; blob: string };
}

const ANSWERED: Collection<Answered> = {
  name: OWNED.idempotencyKeys,
  indexes: { [OF_OWNER]: ({ answer, owner }) => (answer ? undefined : owner) },
  maxCount: 100_000,
  atBound: 'evict',
};

/** How long an answer is kept. */
const LIFE_MS = 24 * 3_600_000;
/** How long one that never came is waited for. */
const MAKING_MS = 600_000;
const MAX_KEY_CHARACTERS = 255;

const sha256 = (...parts: (string | Buffer)[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex');
};

/** The key of a request that is to be answered once. */
export function idempotencyKey({ head, body }: HttpRequest): string | undefined {
  const key = head.method === 'POST' ? head.headers.get('idempotency-key') : undefined;
  return key && !/"stream"\s*:\s*true/.test(body.toString('latin1')) ? key : undefined;
}

/**
 * Answers a request with the answer of its key, or makes and keeps that.
 *
 * @throws ApiError when the key is being answered (409), or was used for another body (400)
 */
export async function answerOnce(
  context: ServerContext,
  request: HttpRequest,
  key: string,
  reply: Reply,
): Promise<void> {
  if (key.length > MAX_KEY_CHARACTERS) {
    throw refused(400, `An idempotency key can have at most ${MAX_KEY_CHARACTERS} characters.`);
  }
  const { head } = request;
  // The bytes are the connection's own until the first `await`.
  const body = Buffer.from(request.body);
  const id = sha256(apiKeyOf(head.headers) ?? '', head.path, key);
  const digest = digestOf(head.headers.get('content-type') ?? '', body);
  const store = await context.store();
  const nowMs = context.clock.wallMs();
  const owner = context.instance;
  const known = await store.transact(async (transaction) => {
    const earlier = await transaction.get(ANSWERED, id);
    if (!earlier) transaction.put(ANSWERED, id, { digest, owner }, { expiresAtMs: nowMs + MAKING_MS });
    return earlier;
  });
  if (known) {
    await replay(context, known, digest, reply);
    return;
  }
  const { method, path, query, headers } = head;
  const answer = await context.dispatch({ method, path, query, headers, body });
  const type = headerOf(answer, 'content-type') ?? 'application/json';
  // What failed on our side, or was one too many, may be tried again.
  if (answer.status >= 500 || answer.status === 429 || answer.status === 0) await store.delete(ANSWERED, id);
  else {
    const blob = await newId(context, 'blob_');
    await store.writeBlob(blob, answer.body);
    const value = { digest, owner, answer: { status: answer.status, type, blob } };
    await store.put(ANSWERED, id, value, { expiresAtMs: nowMs + LIFE_MS, blobs: [blob] });
  }
  reply.bytes(answer.body, type, '', answer.status || 500);
}

/** What tells bodies apart. A form that is sent again has another boundary. */
function digestOf(type: string, body: Buffer): string {
  const [kind = '', boundary] = [type.split(';')[0], /;\s*boundary="?([^";]+)/i.exec(type)?.[1]];
  if (boundary === undefined) return sha256(kind, body);
  return sha256(kind, body.toString('latin1').replaceAll(boundary, ''));
}

async function replay(context: ServerContext, known: Answered, digest: string, reply: Reply): Promise<void> {
  if (known.digest !== digest) {
    throw refused(
      400,
      'Keys for idempotent requests can only be used with the same parameters they were first used with.',
    );
  }
  const { answer } = known;
  if (!answer) throw refused(409, 'The first request with this idempotency key is still being answered.');
  const body = await (await context.store()).readBlob(answer.blob);
  reply.bytes(body ?? Buffer.alloc(0), answer.type, 'idempotent-replayed: true\r\n', answer.status);
}

const refused = (status: number, message: string): ApiError =>
  new ApiError({ status, message, type: 'idempotency_error', code: 'idempotency_error' });

const headerOf = ({ headers }: InternalAnswer, name: string): string | undefined =>
  new RegExp(`^${name}: *([^\\r\\n]*)`, 'im').exec(headers)?.[1];
