/** A client of a realtime session on a plain WebSocket, and every event of it. */
import { WebSocket } from 'ws';
import { EventLog } from './event-log.js';
import { expectRealtimeEvents } from './realtime-events.js';

export interface RealtimeEvent extends Record<string, unknown> {
  type: string;
}

export class RealtimeSocket extends EventLog<RealtimeEvent> {
  readonly #socket: WebSocket;

  constructor(url: string, query = 'model=gpt-realtime', key = 'sk-test') {
    super();
    this.#socket = new WebSocket(`${url.replace('http', 'ws')}/v1/realtime?${query}`, {
      headers: { authorization: `Bearer ${key}` },
    });
    this.#socket.on('message', (data: Buffer) => {
      this.add(JSON.parse(data.toString()) as RealtimeEvent);
    });
  }

  async send(...events: object[]): Promise<void> {
    await this.until('session.created');
    for (const event of events) this.#socket.send(JSON.stringify(event));
  }

  /** Changes the settings; resolves when they are. */
  async set(session: object): Promise<void> {
    const count = this.types.filter((type) => type === 'session.updated').length;
    await this.send({ type: 'session.update', session: { type: 'realtime', ...session } });
    const refused = this.until('error').then((error) => Promise.reject(new Error(JSON.stringify(error))));
    await Promise.race([this.until('session.updated', count + 1), refused]);
    refused.catch(() => {});
  }

  /** Says something as text. */
  async ask(text: string): Promise<void> {
    const content = [{ type: 'input_text', text }];
    await this.send({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content } });
  }

  /** Has a response made; gives it when it is over. */
  async respond(response: object = {}): Promise<RealtimeEvent> {
    const count = this.types.filter((type) => type === 'response.done').length;
    await this.send({ type: 'response.create', response });
    return (await this.until('response.done', count + 1))['response'] as RealtimeEvent;
  }

  /** Every event so far is one of the specification. */
  validate(): void {
    expectRealtimeEvents(this.events);
  }

  close(): void {
    this.#socket.close();
  }
}
