/**
 * Plain HTTP/1.1 on sockets. Bytes are read into one buffer that all connections of a transport share, parsed in
 * place and never copied: about twice as many requests per CPU second as undici, and a tenth of its gap error with a
 * thousand streams.
 */
import { connect, type Socket } from 'node:net';
import type { Clock } from '../../lib/clock.js';
import { addressOf, proxyAuthorization } from './proxy-tunnel.js';
import { closedEarly, failureOf, type Phase } from './failures.js';
import { ResponseParser, type ResponseSink } from './response-parser.js';
import type { ResponseHead } from './response-head.js';
import type {
  Opening,
  Prepared,
  ResponseObserver,
  Route,
  Sending,
  Transport,
  TransportFailure,
} from './transport.js';

/** One read of a socket; more than any event, small enough to stay in the cache. */
const READ_BUFFER_BYTES = 64 * 1024;

/**
 * Longest request that is kept as a string: no Buffer to make and to collect, and still one system call, since Node
 * writes strings up to 16 KiB from its stack.
 */
const MAX_STRING_BYTES = 8 * 1024;

/** One request; it moves to another connection when it is sent again. */
class Http1Sending implements Sending {
  connection: Connection | undefined;
  opening: Opening | undefined;
  retried = false;

  constructor(
    readonly request: Prepared,
    readonly observer: ResponseObserver,
  ) {}

  get connected(): boolean {
    return this.connection?.connected ?? false;
  }

  cancel(): void {
    const { connection } = this;
    this.connection = undefined;
    connection?.abandon();
  }
}

/** See {@link Transport}. For `http:` URLs, and `http:` proxies to them. */
export class Http1Transport implements Transport {
  readonly clock: Clock;
  /** All connections read into it; what is in it is used up before the next read. */
  readonly readBuffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
  readonly host: string;
  readonly port: number;
  readonly #headBeforeLength: string;
  readonly #withoutBody: string;
  readonly #idle: Connection[] = [];
  readonly #open = new Set<Connection>();

  constructor(route: Route, clock: Clock) {
    const { url } = route;
    const proxy = route.proxy === undefined ? undefined : new URL(route.proxy);
    this.clock = clock;
    ({ host: this.host, port: this.port } = addressOf(proxy ?? url));
    const authorization = proxy && proxyAuthorization(proxy);
    const headers = { ...route.headers, ...(authorization && { 'proxy-authorization': authorization }) };
    const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    // A proxy is told the whole URL (RFC 9112, section 3.2.2).
    const target = `${proxy ? url.origin : ''}${url.pathname}${url.search}`;
    const common = `${route.method} ${target} HTTP/1.1\r\nhost: ${url.host}\r\n${fields.join('')}`;
    this.#headBeforeLength = `${common}content-length: `;
    this.#withoutBody = `${common}\r\n`;
  }

  prepare(body: string | Buffer): Prepared {
    if (typeof body !== 'string') return this.#layOut(body);
    const text = `${this.#headBeforeLength}${body.length}\r\n\r\n${body}`;
    // Counting bytes also makes the string flat: now, rather than when it is sent.
    if (Buffer.byteLength(text) !== text.length) {
      return this.#layOut(Buffer.from(body));
    }
    return text.length > MAX_STRING_BYTES ? Buffer.from(text, 'latin1') : text;
  }

  #layOut(body: Buffer): Buffer {
    return Buffer.concat([Buffer.from(`${this.#headBeforeLength}${body.length}\r\n\r\n`, 'latin1'), body]);
  }

  send(prepared: Prepared | undefined, observer: ResponseObserver): Sending {
    const sending = new Http1Sending(prepared ?? this.#withoutBody, observer);
    let connection = this.#idle.pop();
    // Those that closed while idle are still in the stack.
    while (connection?.closed) connection = this.#idle.pop();
    (connection ?? this.#connect()).start(sending);
    return sending;
  }

  close(): void {
    for (const connection of this.#open) connection.abandon();
    this.#idle.length = 0;
  }

  /** Sends once more, on a fresh connection. */
  retry(sending: Http1Sending): void {
    sending.retried = true;
    this.#connect().start(sending);
  }

  /** Takes back a connection whose response is complete. */
  release(connection: Connection): void {
    this.#idle.push(connection);
  }

  /** Forgets a connection that is closed. */
  forget(connection: Connection): void {
    this.#open.delete(connection);
    // The stack is cleaned lazily, but must not grow with connections that nobody takes out.
    if (this.#idle.length > 2 * this.#open.size) {
      const open = this.#idle.filter((c) => !c.closed);
      this.#idle.splice(0, this.#idle.length, ...open);
    }
  }

  #connect(): Connection {
    const connection = new Connection(this);
    this.#open.add(connection);
    return connection;
  }
}

/** One connection with at most one request in flight. */
class Connection implements ResponseSink {
  connected = false;
  closed = false;
  readonly #opening: Opening;
  readonly #transport: Http1Transport;
  readonly #socket: Socket;
  readonly #parser = new ResponseParser(this);
  #sending: Http1Sending | undefined;
  /** Whether it has carried a complete response before. */
  #reused = false;
  /** The instant of the read that brought the first byte of this response; NaN before it. */
  #firstByteMs = Number.NaN;
  #readMs = 0;
  #keepAlive = false;

  constructor(transport: Http1Transport) {
    this.#transport = transport;
    this.#opening = { startMs: transport.clock.nowMs(), connectedMs: Number.NaN, secureMs: Number.NaN };
    this.#socket = connect({
      host: transport.host,
      port: transport.port,
      noDelay: true,
      onread: { buffer: transport.readBuffer, callback: this.#onRead },
    });
    this.#socket.on('connect', () => {
      this.connected = true;
      this.#opening.connectedMs = transport.clock.nowMs();
    });
    this.#socket.on('end', this.#onEnd);
    this.#socket.on('error', this.#onError);
  }

  start(sending: Http1Sending): void {
    sending.connection = this;
    sending.opening = this.#reused ? undefined : this.#opening;
    this.#sending = sending;
    this.#firstByteMs = Number.NaN;
    this.#parser.reset();
    this.#socket.write(sending.request, 'latin1');
  }

  /** Closes without telling the observer. */
  abandon(): void {
    this.#sending = undefined;
    this.#close();
  }

  onHead(head: ResponseHead): void {
    this.#keepAlive = head.keepAlive;
    this.#sending?.observer.onHead(head.status, head.contentType, head.retryAfter, this.#firstByteMs);
  }

  onBody(buffer: Buffer, start: number, end: number): void {
    this.#sending?.observer.onData(buffer, start, end, this.#readMs);
  }

  readonly #onRead = (length: number): boolean => {
    this.#readMs = this.#transport.clock.nowMs();
    if (!this.#sending) {
      // Bytes that nobody asked for: whatever follows on this connection cannot be trusted.
      this.#close();
      return true;
    }
    if (Number.isNaN(this.#firstByteMs)) this.#firstByteMs = this.#readMs;
    const state = this.#parser.execute(this.#transport.readBuffer, 0, length);
    if (state === 'complete') this.#complete(this.#keepAlive && this.#parser.position === length);
    else if (state === 'invalid') this.#fail({ kind: 'invalid_http', message: this.#parser.problem });
    return true;
  };

  #complete(reusable: boolean): void {
    const sending = this.#sending;
    this.#sending = undefined;
    this.#reused = true;
    if (!sending || !reusable) this.#close();
    else this.#transport.release(this);
    this.#end(sending);
  }

  #end(sending: Http1Sending | undefined): void {
    if (!sending) return;
    sending.connection = undefined;
    sending.observer.onEnd(this.#readMs);
  }

  readonly #onEnd = (): void => {
    this.#readMs = this.#transport.clock.nowMs();
    if (this.#sending && this.#parser.finish()) this.#complete(false);
    else this.#fail(closedEarly(this.#phase));
  };

  readonly #onError = (error: Error): void => {
    this.#readMs = this.#transport.clock.nowMs();
    this.#fail(failureOf(error, this.#phase, false));
  };

  get #phase(): Phase {
    if (this.#parser.inBody) return 'receiving';
    return this.connected ? 'waiting' : 'connecting';
  }

  #fail(failure: TransportFailure): void {
    const sending = this.#sending;
    this.#sending = undefined;
    this.#close();
    if (!sending) return;
    if (this.#reused && !sending.retried && Number.isNaN(this.#firstByteMs)) {
      this.#transport.retry(sending);
      return;
    }
    sending.connection = undefined;
    sending.observer.onFailure(failure, this.#readMs);
  }

  #close(): void {
    if (this.closed) return;
    this.closed = true;
    this.#socket.destroy();
    this.#transport.forget(this);
  }
}
