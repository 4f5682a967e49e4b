/** From a request to the endpoint that answers it; what goes wrong on the way is answered in OpenAI's shape. */
import { messageOf } from '../lib/errors.js';
import type { HttpHandler } from './http/connection.js';
import type { HttpRequest } from './http/parser.js';
import { DateLine, type HttpResponse } from './http/response.js';
import { asciiJson } from './json.js';
import { ChatEndpoint, type ChatContext } from './openai/chat.js';
import { ApiError, type ApiErrorDetails } from './openai/errors.js';

/** What the server needs to answer. */
export type AppContext = Omit<ChatContext, 'commonHeaders' | 'countStream'> & {
  /** Different for every thread of every server at every time. */
  instance: string;
};

/** Counters of one thread since it began. */
export interface AppCounters {
  /** Requests that were received, refused ones among them. */
  requests: number;
  /** Answers with status 400 or above. */
  errors: number;
  /** Streams being written now. */
  activeStreams: number;
}

const JSON_TYPE = 'content-type: application/json\r\n';

/** See the file's head. */
export class App implements HttpHandler {
  readonly counters: AppCounters = { requests: 0, errors: 0, activeStreams: 0 };
  readonly #context: AppContext;
  readonly #chat: ChatEndpoint;
  readonly #date = new DateLine();
  readonly #startedMs: number;
  #answers = 0;

  constructor(context: AppContext) {
    this.#context = context;
    this.#startedMs = context.clock.nowMs();
    this.#chat = new ChatEndpoint({
      ...context,
      commonHeaders: (arrivalMs) => this.#commonHeaders(arrivalMs),
      countStream: (change) => (this.counters.activeStreams += change),
    });
  }

  /** Call it before the first request. */
  warmUp(): void {
    this.#chat.warmUp();
  }

  handle(request: HttpRequest, response: HttpResponse): void {
    this.counters.requests++;
    try {
      this.#route(request, response);
    } catch (error) {
      if (!(error instanceof ApiError))
        process.emitWarning(`a request failed: ${messageOf(error)}`, 'FakeaiWarning');
      this.#sendError(error instanceof ApiError ? error : INTERNAL_ERROR, response);
    }
  }

  refuse(status: ApiErrorDetails['status'], message: string, response: HttpResponse): void {
    this.counters.requests++;
    this.#sendError(new ApiError({ status, message }), response, true);
  }

  #route(request: HttpRequest, response: HttpResponse): void {
    const { method, path } = request.head;
    const resource = path.startsWith('/v1/') ? path.slice(3) : path;
    if (resource === '/chat/completions') {
      allow(request, ['POST']);
      this.#chat.handle(request.body, response);
    } else if (resource === '/models') {
      allow(request, ['GET', 'HEAD']);
      this.#sendJson(response, this.#context.models.listBody);
    } else if (resource.startsWith('/models/')) {
      allow(request, ['GET', 'HEAD']);
      this.#sendJson(response, this.#context.models.bodyOf(decode(resource.slice('/models/'.length))));
    } else if (path === '/health') {
      allow(request, ['GET', 'HEAD']);
      this.#sendJson(response, this.#health());
    } else {
      throw new ApiError({
        status: 404,
        message: `Invalid URL (${method} ${path.slice(0, 200)})`,
        code: 'unknown_url',
      });
    }
  }

  #health(): string {
    const uptimeMs = Math.round(this.#context.clock.nowMs() - this.#startedMs);
    return asciiJson({ status: 'ok', uptime_ms: uptimeMs, active_streams: this.counters.activeStreams });
  }

  #sendJson(response: HttpResponse, body: string): void {
    response.send(200, JSON_TYPE + this.#commonHeaders(response.arrivalMs), body);
  }

  #sendError(error: ApiError, response: HttpResponse, close = false): void {
    this.counters.errors++;
    const headers = JSON_TYPE + error.headers + this.#commonHeaders(response.arrivalMs);
    if (response.begun) response.fail();
    else response.send(error.status, headers, error.body, close);
  }

  /** The request id tells requests apart, not contents: it counts. */
  #commonHeaders(arrivalMs: number): string {
    const { clock, instance } = this.#context;
    const number = (++this.#answers).toString(16).padStart(12, '0');
    const processingMs = Math.max(0, Math.round(clock.nowMs() - arrivalMs));
    return `${this.#date.at(clock.wallMs())}x-request-id: req_${instance}${number}\r\nopenai-processing-ms: ${processingMs}\r\n`;
  }
}

const INTERNAL_ERROR = new ApiError({
  status: 500,
  message: 'The server had an error while processing your request.',
  type: 'server_error',
});

function allow(request: HttpRequest, methods: readonly string[]): void {
  const { method, path } = request.head;
  if (methods.includes(method)) return;
  throw new ApiError({
    status: 405,
    message: `Not allowed to ${method.slice(0, 50)} on ${path.slice(0, 200)}. (HINT: Perhaps you meant to use a different HTTP method?)`,
    code: 'method_not_supported',
    headers: `allow: ${methods.join(', ')}\r\n`,
  });
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
