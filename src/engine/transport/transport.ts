/** How requests reach an endpoint: one small interface, two implementations that tell the same story. */
import type { ErrorKind } from '../../results/error-kinds.js';

/** How connections of `https:` URLs are made. */
export interface Security {
  /** Certificates that are trusted, as PEM, in place of those that Node knows. */
  ca?: string;
  /** Any certificate is accepted. */
  insecure?: boolean;
  /** HTTP/2 is spoken with servers that know it. */
  http2?: boolean;
}

/** The request head; the same for every request of a transport. */
export interface Route {
  method: 'GET' | 'POST';
  url: URL;
  /** Lower-case names. `host`, `connection` and `content-length` are the transport's own. */
  headers: Readonly<Record<string, string>>;
  security?: Security | undefined;
  /** URL of the proxy, `http:` or `https:`, that connections go through. */
  proxy?: string | undefined;
}

/** Why there is no complete response. */
export interface TransportFailure {
  kind: ErrorKind;
  message: string;
}

/**
 * Hears of one response. Instants are those of the socket read that brought the bytes, taken before any parsing, on
 * the machine's monotonic clock. After `onEnd` or `onFailure`, or after {@link Sending.cancel}, nothing more is heard.
 */
export interface ResponseObserver {
  /** The head of the final response (interim 1xx ones are skipped); `atMs` is when its first byte was read. */
  onHead(status: number, contentType: string, retryAfter: string | undefined, atMs: number): void;
  /** Bytes of the body, without framing: `buffer[start, end)`, valid only during the call. */
  onData(buffer: Buffer, start: number, end: number, atMs: number): void;
  onEnd(atMs: number): void;
  onFailure(failure: TransportFailure, atMs: number): void;
}

/** A request laid out by {@link Transport.prepare}: bytes, or a flat string of one byte per character. */
export type Prepared = Buffer | string;

/** How a connection came to be; instants of the clock, NaN while it has not come so far. */
export interface Opening {
  startMs: number;
  /** TCP. */
  connectedMs: number;
  /** TLS; NaN for connections without. */
  secureMs: number;
}

/** One request on its way. */
export interface Sending {
  /** The connection that was opened for it; undefined on one that was open already. */
  readonly opening: Opening | undefined;
  /** Whether it has a connection; tells a connect timeout from an answer that does not come. */
  readonly connected: boolean;
  /** Gives up: closes the connection. The observer hears nothing more. */
  cancel(): void;
}

/**
 * Sends requests to one endpoint, each on a connection of its own for as long as it is in flight; idle connections are
 * kept and used again, the most recent first. A request on a kept connection that the server closes before the first
 * byte of the response is sent once more, on a fresh one: the server had given the connection up before it came.
 */
export interface Transport {
  /** Lays out a request with this body for {@link Transport.send}, ahead of its time. */
  prepare(body: string | Buffer): Prepared;
  /**
   * Writes a request at once, or as soon as its connection is open. Never calls the observer before it returns.
   *
   * @param prepared - from {@link Transport.prepare}; undefined for a request without a body
   */
  send(prepared: Prepared | undefined, observer: ResponseObserver): Sending;
  /** Closes all connections; no observer hears of it. */
  close(): void;
}
