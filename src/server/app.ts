/** From a request to the route that answers it; what goes wrong on the way is answered in the protocol's shape. */
import { WallSeconds } from '../lib/clock.js';
import { deferred } from '../lib/deferred.js';
import { messageOf } from '../lib/errors.js';
import type { AppCounters, ServerContext, ThreadContext } from './context.js';
import { allRoutes } from './families.js';
import type { HttpHandler } from './http/connection.js';
import { contentCodings, decodeBody } from './http/content-coding.js';
import { corsHeaders, preflightHeaders } from './http/cors.js';
import type { HttpRequest } from './http/parser.js';
import { ProtocolError } from './http/request-head.js';
import { DateLine, type HttpResponse } from './http/response.js';
import { flat } from './json.js';
import { fromAzure, isAzurePath } from './protocols/azure/azure.js';
import { warmUpChat } from './protocols/openai/chat/chat.js';
import { ApiError, asApiError } from './protocols/openai/errors.js';
import { resumeWork } from './protocols/openai/resource-routes.js';
import { apiKeyOf, checkApiKey, type KeyPolicy, keyPolicyOf } from './limits/api-keys.js';
import { answerOnce, idempotencyKey } from './limits/idempotency.js';
import { limitKindOf, takeFromLimits } from './limits/limited.js';
import { ApiRequest } from './routing/api-request.js';
import type { Fixtures } from './text/fixtures.js';
import {
  asHttpRequest,
  CollectedResponse,
  TappedResponse,
  type InternalStream,
  type InternalAnswer,
  type InternalRequest,
} from './routing/internal-request.js';
import { Reply } from './routing/reply.js';
import type { Route } from './routing/route.js';
import { type FoundRoute, RouteTable, SERVED_METHODS } from './routing/route-table.js';
import { MeteredGenerator } from './telemetry/metered-generator.js';
import { NO_ROUTE, ThreadMeters } from './telemetry/thread-meters.js';

/** The version of OpenAI's API is the date of its first one; the organization is whose key it is. */
const OPENAI_HEADERS = 'openai-version: 2020-10-01\r\nopenai-organization: fakeai\r\n';
/** The last digits that ids of requests can have. */
const ID_END_DIGITS = 3;
const ID_ENDS = Array.from({ length: 16 ** ID_END_DIGITS }, (_, i) =>
  i.toString(16).padStart(ID_END_DIGITS, '0'),
);
const JSON_TYPE = 'content-type: application/json\r\n';

/** See the file's head. */
export class App implements HttpHandler {
  readonly counters: AppCounters;
  readonly meters: ThreadMeters;
  readonly #context: ServerContext;
  readonly #table: RouteTable;
  readonly #date = new DateLine(`${OPENAI_HEADERS}x-request-id: `);
  readonly #wall: WallSeconds;
  readonly #keyPolicy: KeyPolicy;
  readonly #origins: readonly string[];
  /** What the ids of requests begin with, and how many have the same beginning. */
  #idStart = '';
  #idStarts = 0;
  #idEnd = 0;

  constructor(context: ThreadContext) {
    this.counters = context.record?.counters ?? { requests: 0, errors: 0, activeStreams: 0 };
    this.meters = context.record?.meters ?? new ThreadMeters();
    this.#context = {
      ...context,
      generator: new MeteredGenerator(context.generator, this.meters, context.clock),
      account: (usage) => this.meters.account(usage),
      commonHeaders: (response) => this.#commonHeaders(response),
      countStream: (change) => (this.counters.activeStreams += change),
      dispatch: (request) => this.#dispatch(request),
      dispatchStream: (request, onText) => this.#dispatchStream(request, onText),
    };
    this.#wall = new WallSeconds(context.clock);
    this.#keyPolicy = keyPolicyOf(context.options);
    this.#origins = context.options.corsOrigin ?? [];
    this.#table = new RouteTable(allRoutes(this.#context));
  }

  /** Call it before the first request. */
  warmUp(): void {
    warmUpChat(this.#context);
  }

  /** Answers with other fixtures from now on, or with none. */
  useFixtures(fixtures: Fixtures | undefined): void {
    this.#context.fixtures = fixtures;
  }

  /** Goes on with the work that others left behind. */
  resume(): Promise<void> {
    return resumeWork(this.#context).catch((error: unknown) =>
      process.emitWarning(`cannot go on with what is stored: ${messageOf(error)}`, 'FakeaiWarning'),
    );
  }

  handle(request: HttpRequest, response: HttpResponse): void {
    this.counters.requests++;
    const codings = contentCodings(request.head);
    if (codings) this.#answerDecoded(request, codings, response);
    else this.#answer(request, response, true);
  }

  refuse(status: number, message: string, response: HttpResponse): void {
    this.counters.requests++;
    response.requestId = this.#nextRequestId();
    this.#watch(response, NO_ROUTE);
    this.#sendError(new ApiError({ status, message }), undefined, response, true);
  }

  #answerDecoded(request: HttpRequest, codings: readonly string[], response: HttpResponse): void {
    decodeBody(request, codings, this.#context.options.bodyLimit).then(
      (plain) => this.#answer(plain, response, true),
      (error: unknown) => {
        const { status, message } = error instanceof ProtocolError ? error : asApiError(error);
        response.requestId = this.#nextRequestId();
        this.#watch(response, NO_ROUTE);
        const refusal = new ApiError({ status, message });
        this.#sendError(refusal, this.#table.anyOf(request.head.path), response);
      },
    );
  }

  /** @param watched - a request of a client, not one that the server sends to itself */
  #answer(sent: HttpRequest, response: HttpResponse, watched: boolean): void {
    let route: Route | undefined;
    response.requestId = this.#nextRequestId();
    try {
      if (watched) response.ownHeaders = corsHeaders(this.#origins, sent.head);
      const request = isAzurePath(sent.head.path) ? fromAzure(sent) : sent;
      if (request.head.method === 'OPTIONS') {
        this.#answerOptions(request, response);
        return;
      }
      const found = this.#table.find(request.head.method, request.head.path);
      route = found.route;
      if (watched) this.#admit(found, request, response);
      const reply = new Reply(this.#context, response, (error) => this.#failed(error, route, response));
      const key = watched ? idempotencyKey(request) : undefined;
      if (key !== undefined) {
        answerOnce(this.#context, request, key, found.route, reply).catch((error: unknown) =>
          reply.fail(error),
        );
        return;
      }
      const asked = new ApiRequest(request, found.params, bodyFor(route, request));
      route.handler(asked, reply)?.catch((error: unknown) => this.#refused(error, found.route, asked, reply));
    } catch (error) {
      if (watched && !route) this.#watch(response, NO_ROUTE);
      this.#failed(error, route ?? this.#table.anyOf(sent.head.path), response);
    }
  }

  /** @throws ApiError 401 without a key that is needed, 429 when it is one too many */
  #admit({ route, name }: FoundRoute, request: HttpRequest, response: HttpResponse): void {
    this.#watch(response, name);
    if (route.requestIdHeader !== undefined)
      response.ownHeaders += `${route.requestIdHeader}: ${response.requestId}\r\n`;
    checkApiKey(this.#keyPolicy, route, request.head.headers);
    if (this.#context.rateLimits) this.#limit(route, request, response);
  }

  #answerOptions({ head }: HttpRequest, response: HttpResponse): void {
    const allowed = head.path === '*' ? SERVED_METHODS : this.#table.methodsOf(head.method, head.path);
    this.#watch(response, NO_ROUTE);
    response.send(200, preflightHeaders(allowed, head) + this.#commonHeaders(response), '');
  }

  /** An answer all the same, when what is wrong is an unknown id and those are to be made up. */
  #refused(error: unknown, route: Route, request: ApiRequest, reply: Reply): void {
    const synthesizes = this.#context.options.unknownResources === 'synthesize';
    if (!synthesizes || !(error instanceof ApiError) || !error.unknownResource) {
      reply.fail(error);
      return;
    }
    import('./synthesis/synthesize.js')
      .then(({ synthesize }) => synthesize(this.#context, route, request, reply))
      .then(
        (answered) => answered || reply.fail(error),
        (failure: unknown) => reply.fail(failure),
      );
  }

  /** @throws ApiError 429 when it is one too many */
  #limit(route: Route, { head, body }: HttpRequest, response: HttpResponse): void {
    const kind = limitKindOf(route);
    if (!kind) return;
    const key = apiKeyOf(head.headers);
    const { headers, refusal } = takeFromLimits(this.#context, key, kind, body, route.rateHeaders);
    response.ownHeaders += headers;
    if (refusal) throw refusal;
  }

  #watch(response: HttpResponse, route: string): void {
    const { clock } = this.#context;
    response.watch((status, nowMs = clock.nowMs()) =>
      this.meters.answered(route, status, nowMs - response.arrivalMs),
    );
  }

  #failed(error: unknown, route: Route | undefined, response: HttpResponse): void {
    const refusal = asApiError(error);
    if (refusal.delayMs > 0) this.#sendLater(refusal, route, response);
    else this.#sendError(refusal, route, response);
  }

  #sendLater(error: ApiError, route: Route | undefined, response: HttpResponse): void {
    const { wheel } = this.#context;
    const send = (): void => this.#sendError(error, route, response);
    const deadline = wheel.at(response.arrivalMs + error.delayMs, send);
    response.onAbort(() => wheel.cancel(deadline));
  }

  #sendError(error: ApiError, route: Route | undefined, response: HttpResponse, close = false): void {
    this.counters.errors++;
    if (response.begun) {
      response.fail();
      return;
    }
    const { status, headers, body } = route?.renderError?.(error, response.requestId) ?? error;
    response.send(status, JSON_TYPE + headers + this.#commonHeaders(response), body, close);
  }

  #dispatch(request: InternalRequest): Promise<InternalAnswer> {
    return new Promise((resolve) => {
      const response = new CollectedResponse(this.#context.clock.nowMs(), resolve);
      this.#answer(asHttpRequest(request), response, false);
    });
  }

  #dispatchStream(request: InternalRequest, onText: (text: string) => void): InternalStream {
    const { promise: answer, resolve } = deferred<InternalAnswer>();
    const response = new TappedResponse(this.#context.clock.nowMs(), resolve, onText);
    this.#answer(asHttpRequest(request), response, false);
    return { answer, cancel: () => response.abort() };
  }

  /** The request id tells requests apart, not contents: it counts. */
  #nextRequestId(): string {
    if (this.#idEnd === 0) {
      const start = (this.#idStarts++).toString(16).padStart(24 - ID_END_DIGITS, '0');
      this.#idStart = flat(`req_${this.#context.instance}${start}`);
    }
    const id = this.#idStart + ID_ENDS[this.#idEnd]!;
    this.#idEnd = (this.#idEnd + 1) % ID_ENDS.length;
    return id;
  }

  #commonHeaders(response: HttpResponse): string {
    const { requestId, arrivalMs } = response;
    const nowMs = this.#context.clock.nowMs();
    response.headersMs = nowMs;
    const processingMs = Math.max(0, Math.round(nowMs - arrivalMs));
    return `${this.#date.at(this.#wall.at(nowMs))}${requestId}\r\nopenai-processing-ms: ${processingMs}\r\n`;
  }
}

const bodyFor = (route: Route, { body }: HttpRequest): Buffer =>
  route.borrowsBody ? body : Buffer.from(body);
