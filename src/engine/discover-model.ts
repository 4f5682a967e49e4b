/** Asks a server which model it has. */
import { systemClock } from '../lib/clock.js';
import { FakeaiError } from '../lib/errors.js';
import { errorKindOfStatus } from '../results/error-kinds.js';
import { describeRefusal, parseObject, shorten } from './answers.js';
import { modelsUrl } from './endpoints.js';
import { requestHeaders } from './headers.js';
import { createTransport } from './transport/index.js';
import type { ResponseObserver, Route, TransportFailure } from './transport/transport.js';

/** Longest list of models that is read. */
const MAX_LIST_BYTES = 4 * 1024 * 1024;

/** The id of a model in OpenAI's list, or what is wrong with the answer. */
type Answer = { model: string } | TransportFailure;

/**
 * The first model that a server lists at `GET BASE/v1/models`.
 *
 * @param url - base URL, with or without `/v1`
 * @param headers - such as `authorization`
 * @param timeoutMs - longest time for the answer
 * @param way - how connections are made
 * @throws FakeaiError FAKEAI_NO_MODEL when the server cannot be asked or names none
 */
export async function discoverModel(
  url: string,
  headers: Readonly<Record<string, string>>,
  timeoutMs = 10_000,
  { security, proxy }: Pick<Route, 'security' | 'proxy'> = {},
): Promise<string> {
  const route = {
    method: 'GET' as const,
    url: modelsUrl(url),
    headers: requestHeaders({ accept: 'application/json', 'user-agent': 'fakeai' }, headers),
    security,
    proxy,
  };
  const transport = await createTransport(route, systemClock);
  try {
    const answer = await new Promise<Answer>((resolve) => {
      const timer = setTimeout(() => {
        resolve({ kind: 'timeout', message: `no answer within ${timeoutMs} ms` });
      }, timeoutMs);
      transport.send(
        undefined,
        new ListObserver((result) => {
          clearTimeout(timer);
          resolve(result);
        }),
      );
    });
    if ('model' in answer) return answer.model;
    throw new FakeaiError('FAKEAI_NO_MODEL', {
      url: route.url.href,
      kind: answer.kind,
      problem: answer.message,
    });
  } finally {
    transport.close();
  }
}

class ListObserver implements ResponseObserver {
  readonly #done: (answer: Answer) => void;
  readonly #body: Buffer[] = [];
  #bytes = 0;
  #status = 0;
  #retryAfter: string | undefined;

  constructor(done: (answer: Answer) => void) {
    this.#done = done;
  }

  onHead(status: number, _contentType: string, retryAfter: string | undefined): void {
    this.#status = status;
    this.#retryAfter = retryAfter;
  }

  onData(buffer: Buffer, start: number, end: number): void {
    this.#bytes += end - start;
    if (this.#bytes <= MAX_LIST_BYTES) this.#body.push(Buffer.from(buffer.subarray(start, end)));
  }

  onEnd(): void {
    const text = Buffer.concat(this.#body).toString('utf8');
    if (this.#status < 200 || this.#status > 299) {
      const message = describeRefusal(this.#status, text, this.#retryAfter);
      this.#done({ kind: errorKindOfStatus(this.#status), message });
      return;
    }
    const model = firstModel(parseObject(text)?.['data']);
    this.#done(
      model === undefined ? { kind: 'not_json', message: shorten(`no list of models: ${text}`) } : { model },
    );
  }

  onFailure(failure: TransportFailure): void {
    this.#done({ kind: failure.kind, message: shorten(failure.message) });
  }
}

function firstModel(data: unknown): string | undefined {
  const first: unknown = Array.isArray(data) ? data[0] : undefined;
  if (typeof first !== 'object' || first === null || !('id' in first)) return undefined;
  return typeof first.id === 'string' && first.id !== '' ? first.id : undefined;
}
