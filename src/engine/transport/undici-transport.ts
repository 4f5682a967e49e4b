/** HTTP/1.1 or HTTP/2 over TLS by undici's clients: one per connection, so that each request in flight has its own. */
import type { Socket } from 'node:net';
import { buildConnector, Client, type Dispatcher } from 'undici';
import type { Clock } from '../../lib/clock.js';
import { failureOf } from './failures.js';
import { MAX_HEAD_BYTES } from './response-parser.js';
import { addressOf, openTunnel } from './proxy-tunnel.js';
import type {
  Opening,
  Prepared,
  ResponseObserver,
  Route,
  Security,
  Sending,
  Transport,
} from './transport.js';

/** Idle connections are for the server to close, as in the other transport. */
const KEEP_ALIVE_MS = 600_000;

/** A client and what is known of its connection. */
interface Line {
  client: Client;
  /** Whether the present connection has carried a complete response. */
  answered: boolean;
  /** Of the present connection, or of the attempt to make one. */
  opening: Opening | undefined;
  /** To the proxy, as long as the tunnel is not there. */
  tunnel: Socket | undefined;
}

/** See {@link Transport}. For `https:` URLs; also works for `http:` ones. */
export class UndiciTransport implements Transport {
  readonly clock: Clock;
  readonly secure: boolean;
  readonly #options: { path: string; method: 'GET' | 'POST'; headers: string[] };
  readonly #origin: string;
  // One for all lines: they resume each other's TLS sessions.
  readonly #connect: Connector;
  readonly #http2: boolean;
  readonly #proxy: URL | undefined;
  readonly #security: Security;
  readonly #idle: Line[] = [];
  readonly #open = new Set<Line>();

  constructor(route: Route, clock: Clock) {
    const { url } = route;
    this.clock = clock;
    this.secure = url.protocol === 'https:';
    this.#origin = url.origin;
    this.#security = route.security ?? {};
    this.#proxy = route.proxy === undefined ? undefined : new URL(route.proxy);
    const { ca, insecure = false, http2 = false } = this.#security;
    this.#http2 = http2;
    this.#connect = buildConnector({
      timeout: 0,
      allowH2: http2,
      rejectUnauthorized: !insecure,
      ...(ca !== undefined && { ca }),
    });
    this.#options = {
      path: `${url.pathname}${url.search}`,
      method: route.method,
      headers: Object.entries(route.headers).flat(),
    };
  }

  prepare(body: string | Buffer): Buffer {
    return typeof body === 'string' ? Buffer.from(body) : body;
  }

  send(body: Prepared | undefined, observer: ResponseObserver): Sending {
    const exchange = new UndiciExchange(this, this.#idle.pop() ?? this.#newLine(), body, observer);
    this.dispatch(exchange);
    return exchange;
  }

  close(): void {
    for (const line of this.#open) this.destroy(line);
    this.#open.clear();
    this.#idle.length = 0;
  }

  /** Sends on the exchange's line, which connects anew by itself when its connection is gone. */
  dispatch(exchange: UndiciExchange): void {
    exchange.line.client.dispatch({ ...this.#options, body: exchange.body ?? null }, exchange);
  }

  /** Takes back the line of an exchange that is over. */
  release(line: Line): void {
    if (this.#open.has(line)) this.#idle.push(line);
  }

  /** Closes a line. */
  destroy(line: Line): void {
    this.#open.delete(line);
    line.tunnel?.destroy();
    void line.client.destroy().catch(() => {});
  }

  /** Connects, and takes the time. */
  #openLine(line: Line, options: ConnectOptions, done: Connected): void {
    const opening = { startMs: this.clock.nowMs(), connectedMs: Number.NaN, secureMs: Number.NaN };
    line.opening = opening;
    if (this.#proxy) this.#openThrough(this.#proxy, line, options, done);
    else this.#openDirectly(opening, options, done);
  }

  /** Through a proxy, an endpoint is connected when the proxy says so. */
  #openThrough(proxy: URL, line: Line, options: ConnectOptions, done: Connected): void {
    const { host, port } = addressOf(new URL(this.#origin));
    const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    line.tunnel = openTunnel(proxy, authority, this.#security, (error, socket) => {
      line.tunnel = undefined;
      line.opening!.connectedMs = this.clock.nowMs();
      if (error !== null) done(error, null);
      else if (this.secure) this.#openDirectly(line.opening!, { ...options, httpSocket: socket }, done);
      else done(null, socket);
    });
  }

  #openDirectly(opening: Opening, options: ConnectOptions, done: Connected): void {
    // undici's types do not say that it returns the socket.
    const socket = this.#connect(options, (...result: Parameters<typeof done>) => {
      if (this.secure && result[1]) opening.secureMs = this.clock.nowMs();
      done(...result);
    }) as unknown as Socket | undefined;
    socket?.once('connect', () => {
      if (Number.isNaN(opening.connectedMs)) opening.connectedMs = this.clock.nowMs();
    });
  }

  #newLine(): Line {
    const client: Client = new Client(this.#origin, {
      pipelining: 1,
      allowH2: this.#http2,
      // Requests have one deadline, which is kept by whoever sends them.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (options, done) => this.#openLine(line, options, done),
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEAD_BYTES,
    });
    const line: Line = { client, answered: false, opening: undefined, tunnel: undefined };
    client.on('connect', () => {
      line.answered = false;
    });
    this.#open.add(line);
    return line;
  }
}

type Connector = ReturnType<typeof buildConnector>;
type ConnectOptions = Parameters<Connector>[0];
type Connected = Parameters<Connector>[1];

/** One request and undici's raw handler of its response. */
class UndiciExchange implements Sending, Dispatcher.DispatchHandler {
  connected = false;
  readonly #transport: UndiciTransport;
  readonly #observer: ResponseObserver;
  #abort: ((error?: Error) => void) | undefined;
  #over = false;
  #retried = false;
  #firstByteMs = Number.NaN;
  #receiving = false;
  #opening: Opening | undefined;

  constructor(
    transport: UndiciTransport,
    readonly line: Line,
    readonly body: Prepared | undefined,
    observer: ResponseObserver,
  ) {
    this.#transport = transport;
    this.#observer = observer;
  }

  cancel(): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#abort) this.#abort();
    // Still connecting: nothing to abort yet, so the whole line goes.
    else this.#transport.destroy(this.line);
  }

  get opening(): Opening | undefined {
    return this.#opening;
  }

  onConnect(abort: (error?: Error) => void): void {
    this.#opening = this.line.answered ? undefined : this.line.opening;
    this.#abort = abort;
    this.connected = true;
    if (this.#over) abort();
  }

  onResponseStarted(): void {
    this.#firstByteMs = this.#transport.clock.nowMs();
  }

  onHeaders(status: number, fields: Buffer[]): boolean {
    if (this.#over || status < 200) return true;
    this.#receiving = true;
    let contentType = '';
    let retryAfter: string | undefined;
    for (let i = 0; i + 1 < fields.length; i += 2) {
      const name = fields[i]!.toString('latin1').toLowerCase();
      if (name === 'content-type') contentType = fields[i + 1]!.toString('latin1');
      else if (name === 'retry-after') retryAfter = fields[i + 1]!.toString('latin1');
    }
    this.#observer.onHead(status, contentType, retryAfter, this.#firstByteMs);
    return true;
  }

  onData(chunk: Buffer): boolean {
    if (!this.#over) this.#observer.onData(chunk, 0, chunk.length, this.#transport.clock.nowMs());
    return true;
  }

  onComplete(): void {
    const atMs = this.#transport.clock.nowMs();
    this.line.answered = true;
    this.#transport.release(this.line);
    if (this.#over) return;
    this.#over = true;
    this.#observer.onEnd(atMs);
  }

  onError(error: Error): void {
    const atMs = this.#transport.clock.nowMs();
    if (
      !this.#over &&
      this.connected &&
      this.line.answered &&
      !this.#retried &&
      Number.isNaN(this.#firstByteMs)
    ) {
      this.#retried = true;
      this.connected = false;
      this.#abort = undefined;
      this.#transport.dispatch(this);
      return;
    }
    this.#transport.release(this.line);
    if (this.#over) return;
    this.#over = true;
    const phase = this.#receiving ? 'receiving' : this.connected ? 'waiting' : 'connecting';
    this.#observer.onFailure(failureOf(error, phase, this.#transport.secure), atMs);
  }
}
