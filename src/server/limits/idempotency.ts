/**
 * `Idempotency-Key`: a request that is sent again with the same key is answered with the first answer, not made again.
 * For requests that are answered whole; a stream is made again.
 *
 * A key is reserved before its request is made, and written along with the first thing that the request stores. So when its thread
 * or server is killed before the answer is kept, it is known whether anything came of it: if not, the key can be used again; else
 * what was made is read back.
 */
import { createHash } from 'node:crypto';
import type { ServerContext } from '../context.js';
import type { HttpRequest } from '../http/parser.js';
import { ApiError } from '../protocols/openai/errors.js';
import type { InternalAnswer } from '../routing/internal-request.js';
import type { Reply } from '../routing/reply.js';
import type { Route } from '../routing/route.js';
import { CommitNote, noting } from '../store/commit-note.js';
import { newId } from '../store/new-id.js';
import { OF_OWNER, OWNED } from '../store/owned.js';
import type { Collection, Store } from '../store/store.js';
import { apiKeyOf } from './api-keys.js';
import { pathsOfMade } from './made-paths.js';

/** A request that is being answered; gone with the thread that makes the answer. */
interface Making {
  /** Of the body. */
  digest: string;
  owner: string;
}

const MAKING: Collection<Making> = {
  name: OWNED.idempotencyKeys,
  indexes: { [OF_OWNER]: ({ owner }) => owner },
  maxCount: 100_000,
  atBound: 'evict',
};

/** A request that has stored something, or was answered. */
interface Made {
  digest: string;
  /** The first ids that it stored. */
  ids: readonly string[];
  /** What it was to be answered with, as JSON, if that was known before. */
  told?: string | undefined;
  /** Undefined until it is kept. */
  answer?: { status: number; type: string; blob: string };
}

const MADE: Collection<Made> = { name: 'idempotency_answers', maxCount: 100_000, atBound: 'evict' };

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
 * @param route - the request's
 * @throws ApiError when the key is being answered, or its answer was lost (409), or it was used for another body (400)
 */
export async function answerOnce(
  context: ServerContext,
  request: HttpRequest,
  key: string,
  route: Route,
  reply: Reply,
): Promise<void> {
  if (key.length > MAX_KEY_CHARACTERS) {
    throw refused(400, `An idempotency key can have at most ${MAX_KEY_CHARACTERS} characters.`);
  }
  // The bytes are the connection's own until the first `await`.
  const once = new Once(context, request.head, Buffer.from(request.body), key);
  const earlier = await once.reserve();
  if (earlier) await once.replay(earlier, route, reply);
  else await once.make(reply);
}

/** One request with a key. */
class Once {
  readonly #context: ServerContext;
  readonly #head: HttpRequest['head'];
  readonly #body: Buffer;
  readonly #id: string;
  readonly #digest: string;

  constructor(context: ServerContext, head: HttpRequest['head'], body: Buffer, key: string) {
    this.#context = context;
    this.#head = head;
    this.#body = body;
    this.#id = sha256(apiKeyOf(head.headers) ?? '', head.path, key);
    this.#digest = digestOf(head.headers.get('content-type') ?? '', body);
  }

  /** Takes the key, or gives what became of it before. */
  async reserve(): Promise<Made | Making | undefined> {
    const { clock, instance: owner } = this.#context;
    const expiresAtMs = clock.wallMs() + MAKING_MS;
    return (await this.#context.store()).transact(async (transaction) => {
      const making = await transaction.get(MAKING, this.#id);
      const earlier = making ?? (await transaction.get(MADE, this.#id));
      if (!earlier) transaction.put(MAKING, this.#id, { digest: this.#digest, owner }, { expiresAtMs });
      return earlier;
    });
  }

  async make(reply: Reply): Promise<void> {
    const { method, path, query, headers } = this.#head;
    const expiresAtMs = this.#context.clock.wallMs() + LIFE_MS;
    const note = new CommitNote((transaction, { ids, answer: told }) =>
      transaction.put(MADE, this.#id, { digest: this.#digest, ids, told }, { expiresAtMs }),
    );
    const asked = { method, path, query, headers, body: this.#body };
    const answer = await noting(note, () => this.#context.dispatch(asked));
    // What failed on our side before it had an effect, or was one too many, may be tried again.
    const failed = answer.status >= 500 || answer.status === 429 || answer.status === 0;
    if (!failed || (note.written && answer.status !== 0)) await this.#keep(answer);
    else await (await this.#context.store()).delete(MAKING, this.#id);
    reply.bytes(answer.body, typeOf(answer), '', answer.status || 500);
  }

  async replay(earlier: Made | Making, route: Route, reply: Reply): Promise<void> {
    if (earlier.digest !== this.#digest) {
      throw refused(
        400,
        'Keys for idempotent requests can only be used with the same parameters they were first used with.',
      );
    }
    if (!('ids' in earlier))
      throw refused(409, 'The first request with this idempotency key is still being answered.');
    const { status, type, blob } = earlier.answer ?? (await this.#readBack(earlier, route));
    const body = await (await this.#context.store()).readBlob(blob);
    reply.bytes(body ?? Buffer.alloc(0), type, 'idempotent-replayed: true\r\n', status);
  }

  /** The answer of a request that was killed after it had stored something: what it was to be, or the resource that it made. */
  async #readBack({ ids, told }: Made, route: Route): Promise<NonNullable<Made['answer']>> {
    if (told !== undefined) {
      const headers = told === '' ? 'content-type: text/plain; charset=utf-8\r\n' : '';
      return this.#keep({ status: 200, headers, body: Buffer.from(told) }, ids);
    }
    const { status, paths } = pathsOfMade(route, this.#head.path, ids);
    for (const path of paths) {
      const asked = { method: 'GET', path, headers: this.#head.headers, body: Buffer.alloc(0) };
      const answer = await this.#context.dispatch(asked);
      if (answer.status === 200) return this.#keep({ ...answer, status }, ids);
    }
    throw refused(
      409,
      'The first request with this idempotency key took effect, but the server ended before its answer was kept. Look at what was made; use another key to make it again.',
    );
  }

  async #keep(answer: InternalAnswer, ids: readonly string[] = []): Promise<NonNullable<Made['answer']>> {
    const store: Store = await this.#context.store();
    const blob = await newId(this.#context, 'blob_');
    await store.writeBlob(blob, answer.body);
    const kept = { status: answer.status, type: typeOf(answer), blob };
    const expiresAtMs = this.#context.clock.wallMs() + LIFE_MS;
    await store.transact((transaction) => {
      const value = { digest: this.#digest, ids, answer: kept };
      transaction.put(MADE, this.#id, value, { expiresAtMs, blobs: [blob] });
      transaction.delete(MAKING, this.#id);
    });
    return kept;
  }
}

/** What tells bodies apart. A form that is sent again has another boundary. */
function digestOf(type: string, body: Buffer): string {
  const [kind = '', boundary] = [type.split(';')[0], /;\s*boundary="?([^";]+)/i.exec(type)?.[1]];
  if (boundary === undefined) return sha256(kind, body);
  return sha256(kind, body.toString('latin1').replaceAll(boundary, ''));
}

const refused = (status: number, message: string): ApiError =>
  new ApiError({ status, message, type: 'idempotency_error', code: 'idempotency_error' });

const typeOf = ({ headers }: InternalAnswer): string =>
  /^content-type: *([^\r\n]*)/im.exec(headers)?.[1] ?? 'application/json';
