/** Accepts connections on a descriptor or an address, keeps count of them, and lets them finish. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '../../lib/clock.js';
import { adopt } from './adopt.js';
import { Connection, type ConnectionLimits, type ConnectionOwner, type HttpHandler } from './connection.js';
import type { Outbox } from './outbox.js';

/** Bounds that are not settings. */
const LIMITS = { headBytes: 16 * 1024, idleMs: 75_000, receiveMs: 60_000, stallMs: 120_000 } as const;
const SWEEP_MS = 5000;
/** Connections that may wait to be accepted. */
const BACKLOG = 1024;

/** What an {@link HttpListener} is made of. */
export interface ListenerOptions {
  handler: HttpHandler;
  clock: Clock;
  /** Most bytes of a request body. */
  bodyLimit: number;
  /** Most open connections; further ones are closed at once. */
  maxConnections: number;
  /** Told how many connections are open, whenever one comes or goes. */
  onConnections?: (count: number) => void;
  /** Where the text of answers waits while that of others is made; by default it does not. */
  outbox?: Outbox;
}

/** An HTTP/1.1 server on plain sockets. Why not node:http: docs/adr/0003-http-layer.md. */
export class HttpListener implements ConnectionOwner {
  readonly #options: ListenerOptions;
  readonly #limits: ConnectionLimits;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  readonly outbox: Outbox | undefined;
  #sweeper: NodeJS.Timeout | undefined;
  #draining = false;
  #onEmpty: (() => void) | undefined;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.outbox = options.outbox;
    this.#limits = { ...LIMITS, bodyBytes: options.bodyLimit };
    this.#server = createServer({ noDelay: true, pauseOnConnect: true }, (socket) => this.#accept(socket));
    this.#server.maxConnections = options.maxConnections;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Open connections. */
  get connections(): number {
    return this.#connections.size;
  }

  /**
   * Begins to accept.
   *
   * @param where - a bound socket, which becomes this listener's, or an address
   * @returns the port
   * @throws the system's error when it cannot
   */
  async listen(where: { handle: object } | { host: string; port: number }): Promise<number> {
    if ('handle' in where) this.#server.listen({ _handle: where.handle }, BACKLOG);
    else this.#server.listen(where.port, where.host, BACKLOG);
    await once(this.#server, 'listening');
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS);
    return (this.#server.address() as AddressInfo).port;
  }

  /** Stops accepting, lets open answers finish for `drainMs`, then cuts what is left. */
  async close(drainMs: number): Promise<void> {
    this.#draining = true;
    this.#server.close();
    for (const connection of this.#connections) connection.drain();
    if (this.#connections.size > 0) {
      const timer = setTimeout(() => {
        for (const connection of this.#connections) connection.destroy();
      }, drainMs);
      await new Promise<void>((resolve) => {
        this.#onEmpty = resolve;
      });
      clearTimeout(timer);
    }
    clearInterval(this.#sweeper);
  }

  closed(connection: Connection): void {
    this.#connections.delete(connection);
    this.#options.onConnections?.(this.#connections.size);
    if (this.#connections.size === 0) this.#onEmpty?.();
  }

  #accept(accepted: Socket): void {
    const { handler, clock } = this.#options;
    const socket = adopt(accepted, (bytes, length) => connection.receive(bytes, length));
    const connection = new Connection(socket, this, handler, clock, this.#limits);
    this.#connections.add(connection);
    this.#options.onConnections?.(this.#connections.size);
  }

  #sweep(): void {
    const nowMs = this.#options.clock.nowMs();
    for (const connection of this.#connections) connection.sweep(nowMs);
  }
}
