/**
 * The calls of a server. The media of each stay on the thread that answered it; a request about it can come to any thread, so
 * which one has it is in the store.
 */
import type { ServerContext } from '../../../../context.js';
import { OF_OWNER, OWNED } from '../../../../store/owned.js';
import type { Collection } from '../../../../store/store.js';
import { ApiError } from '../../errors.js';
import { notFound } from '../../lists.js';
import { SESSION_S } from '../any-session.js';
import type { Call, CallMember, Membership } from './call.js';
import { RemoteCalls } from './remote-calls.js';

/** Which thread has a call. */
interface CallPlace {
  instance: string;
}

const CALLS: Collection<CallPlace> = {
  name: OWNED.realtimeCalls,
  indexes: { [OF_OWNER]: ({ instance }) => instance },
  maxCount: 10_000,
  atBound: 'evict',
};
/** Most calls of a thread: each takes about a hundredth of a core while something is said. */
const MAX_CALLS = 64;

/** See the file's head. Everything about a call that is not there, or not any more, is undefined or false. */
export class CallBook {
  readonly #context: ServerContext;
  readonly #calls = new Map<string, Call>();
  readonly #remote: RemoteCalls;

  constructor(context: ServerContext) {
    this.#context = context;
    this.#remote = new RemoteCalls(context, (id) => this.#calls.get(id));
    context.onClose(() => this.#close());
  }

  /** @throws ApiError 429 when this thread cannot take another call */
  checkRoom(): void {
    if (this.#calls.size < MAX_CALLS) return;
    const message = `There are ${MAX_CALLS} calls on this thread already. Hang up some of them, or start the server with more --threads.`;
    throw new ApiError({ status: 429, type: 'rate_limit_error', code: 'too_many_calls', message });
  }

  async add(call: Call): Promise<void> {
    this.#calls.set(call.id, call);
    const { store, instance, clock } = this.#context;
    const expiresAtMs = clock.wallMs() + SESSION_S * 1000;
    await (await store()).put(CALLS, call.id, { instance }, { expiresAtMs });
  }

  /** It has ended. */
  remove(id: string): void {
    if (!this.#calls.delete(id)) return;
    // Who asks meanwhile is told by the thread itself that it is not there.
    void this.#context
      .store()
      .then((store) => store.delete(CALLS, id))
      .catch(() => {});
  }

  async exists(id: string): Promise<boolean> {
    const place = await this.#placeOf(id);
    return place === 'here' || (place !== undefined && this.#remote.ask(place, 'look', id));
  }

  /** Ends it; false when there is none. */
  async hangUp(id: string): Promise<boolean> {
    const place = await this.#placeOf(id);
    if (place !== 'here') return place !== undefined && this.#remote.ask(place, 'hang up', id);
    await this.#calls.get(id)!.end();
    return true;
  }

  /** @throws ApiError when there is no room */
  async join(id: string, member: CallMember): Promise<Membership | undefined> {
    const place = await this.#placeOf(id);
    if (place === 'here') return this.#calls.get(id)!.join(member);
    return place === undefined ? undefined : this.#remote.join(place, id, member);
  }

  /** The thread that has it. */
  async #placeOf(id: string): Promise<'here' | (string & {}) | undefined> {
    if (this.#calls.has(id)) return 'here';
    const place = await (await this.#context.store()).get(CALLS, id);
    return place === undefined || place.instance === this.#context.instance ? undefined : place.instance;
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#calls.values()].map(async (call) => call.end()));
    this.#remote.close();
  }
}

/** There is no call with an id. */
export const noCall = (id: string): ApiError =>
  notFound(`No call found with id '${id.slice(0, 200)}'.`, 'call_id');

const books = new WeakMap<ServerContext, CallBook>();

/** The calls, as a thread sees them. */
export function callsOf(context: ServerContext): CallBook {
  const book = books.get(context) ?? new CallBook(context);
  books.set(context, book);
  return book;
}
