/** What threads say to each other about calls: a thread asks the one that has a call, and members talk to it through it. */
import { BroadcastChannel } from 'node:worker_threads';
import type { ServerContext } from '../../../../context.js';
import { ApiError } from '../../errors.js';
import { problem } from '../read-event.js';
import type { Call, CallMember, Membership } from './call.js';

/** How long another thread may take to answer; one that has crashed never does. */
const ANSWER_MS = 2000;

/** What is asked about a call. */
type Question = 'look' | 'hang up' | 'join';

/** A link is one question of a thread, and the membership that may come of it. */
type Message = { from: string; link: number } & (
  | { type: 'ask'; what: Question; callId: string }
  | { type: 'answer'; found: boolean; problem?: string }
  /** To a member. */
  | { type: 'event'; text: string }
  | { type: 'over' }
  /** Of a member. */
  | { type: 'text'; text: string }
  | { type: 'leave' }
);
type Content = Message extends infer M ? (M extends unknown ? Omit<M, 'from' | 'link'> : never) : never;
type Answer = Omit<Extract<Message, { type: 'answer' }>, 'from' | 'link' | 'type'>;

const nameOf = (instance: string): string => `fakeai realtime calls ${instance}`;

/** See the file's head. */
export class RemoteCalls {
  readonly #context: ServerContext;
  readonly #find: (id: string) => Call | undefined;
  readonly #inbox: BroadcastChannel;
  /** To other threads, by their instances; as many as there were threads. */
  readonly #outboxes = new Map<string, BroadcastChannel>();
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  /** Members on this thread of calls that are elsewhere, by their links. */
  readonly #members = new Map<number, CallMember>();
  /** Memberships of members that are elsewhere, by thread and link. */
  readonly #memberships = new Map<string, Membership>();
  #links = 0;

  /** @param find - gives a call of this thread */
  constructor(context: ServerContext, find: (id: string) => Call | undefined) {
    this.#context = context;
    this.#find = find;
    this.#inbox = new BroadcastChannel(nameOf(context.instance));
    // It must not keep a thread alive that has nothing else to do.
    this.#inbox.unref();
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- Node's types do not know that it is an EventTarget
    this.#inbox.onmessage = (message) => this.#take((message as { data: Message }).data);
  }

  /** Asks another thread; false when it has no such call, or does not answer. */
  async ask(instance: string, what: Exclude<Question, 'join'>, callId: string): Promise<boolean> {
    return (await this.#question(instance, ++this.#links, what, callId)).found;
  }

  /** @throws ApiError when there is no room */
  async join(instance: string, callId: string, member: CallMember): Promise<Membership | undefined> {
    const link = ++this.#links;
    this.#members.set(link, member);
    const answer = await this.#question(instance, link, 'join', callId);
    if (!answer.found) this.#members.delete(link);
    if (answer.problem !== undefined) throw problem('too_many_connections', answer.problem, 'call_id');
    if (!answer.found) return undefined;
    return {
      receive: (text) => this.#say(instance, link, { type: 'text', text }),
      leave: () => {
        if (this.#members.delete(link)) this.#say(instance, link, { type: 'leave' });
      },
    };
  }

  #question(instance: string, link: number, what: Question, callId: string): Promise<Answer> {
    const { wheel, clock } = this.#context;
    return new Promise((resolve) => {
      const settle = (answer: Answer): void => {
        wheel.cancel(deadline);
        this.#waiting.delete(link);
        resolve(answer);
      };
      const deadline = wheel.at(clock.nowMs() + ANSWER_MS, () => settle({ found: false }));
      this.#waiting.set(link, settle);
      this.#say(instance, link, { type: 'ask', what, callId });
    });
  }

  #say(instance: string, link: number, content: Content): void {
    const outbox = this.#outboxes.get(instance) ?? new BroadcastChannel(nameOf(instance));
    this.#outboxes.set(instance, outbox);
    outbox.unref();
    outbox.postMessage({ ...content, link, from: this.#context.instance });
  }

  #take(message: Message): void {
    const { from, link } = message;
    const key = `${from} ${link}`;
    switch (message.type) {
      case 'ask':
        return this.#say(from, link, {
          type: 'answer',
          ...this.#answer(message.what, message.callId, from, link),
        });
      case 'answer':
        return this.#waiting.get(link)?.(message);
      case 'event':
        return this.#members.get(link)?.onEvent(message.text);
      case 'over':
        this.#members.get(link)?.onOver();
        this.#members.delete(link);
        return;
      case 'text':
        return this.#memberships.get(key)?.receive(message.text);
      case 'leave':
        this.#memberships.get(key)?.leave();
        this.#memberships.delete(key);
    }
  }

  #answer(what: Question, callId: string, from: string, link: number): Answer {
    const call = this.#find(callId);
    if (!call) return { found: false };
    if (what === 'hang up') void call.end();
    if (what !== 'join') return { found: true };
    const key = `${from} ${link}`;
    try {
      const membership = call.join({
        onEvent: (text) => this.#say(from, link, { type: 'event', text }),
        onOver: () => {
          this.#memberships.delete(key);
          this.#say(from, link, { type: 'over' });
        },
      });
      this.#memberships.set(key, membership);
      return { found: true };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return { found: true, problem: error.message };
    }
  }

  close(): void {
    this.#inbox.close();
    for (const outbox of this.#outboxes.values()) outbox.close();
  }
}
