/** One call: a session over WebRTC, and whoever else has joined it. */
import type { ServerContext } from '../../../../context.js';
import { problem } from '../read-event.js';
import { type AnySession, expired, SESSION_S } from '../any-session.js';
import { Inbox, type SessionVoices } from '../session-voices.js';
import type { Peer, PeerOwner } from '../webrtc/peer.js';

/** Most clients that join a call beside its peer. */
const MAX_JOINED = 8;

/** A client that has joined a call. */
export interface CallMember {
  readonly onEvent: (text: string) => void;
  /** The call has ended. */
  readonly onOver: () => void;
}

/** What a member can do. */
export interface Membership {
  receive(text: string): void;
  leave(): void;
}

const NO_SOURCE = { pause: () => {}, resume: () => {} };

/** See the file's head. */
export class Call implements PeerOwner {
  readonly #context: ServerContext;
  readonly #session: AnySession;
  readonly #inbox: Inbox<CallMember | undefined>;
  readonly #members = new Set<CallMember>();
  readonly #onOver: () => void;
  #peer: Peer | undefined;
  #over = false;

  /**
   * @param begin - makes the session, which is to be heard and to speak over tracks
   * @param onOver - called once, when it has ended
   */
  constructor(
    context: ServerContext,
    readonly id: string,
    voices: SessionVoices,
    begin: (write: (text: string) => void, end: () => void) => AnySession,
    onOver: () => void,
  ) {
    this.#context = context;
    this.#onOver = onOver;
    this.#session = begin(
      (text) => this.#tell(text),
      () => void this.end(),
    );
    this.#inbox = new Inbox(voices, NO_SOURCE, (text, from) => this.#receive(text, from));
    context.countStream(1);
    context.wheel.at(context.clock.nowMs() + SESSION_S * 1000, () => this.#expire());
  }

  /** It is answered by this peer. */
  use(peer: Peer): void {
    this.#peer = peer;
  }

  readonly onOpen = (): void => this.#session.open((text) => this.#peer?.send(text));
  readonly onMessage = (text: string): void => this.#inbox.put(text, undefined);
  readonly onSound = (bytes: Buffer): void => this.#session.listen(bytes);
  readonly nextSound = (count: number): Int16Array | undefined => this.#session.playback?.next(count);
  readonly onClose = (): void => void this.end();

  /** Lets a client join. @throws ApiError when there is no room */
  join(member: CallMember): Membership {
    if (this.#members.size >= MAX_JOINED)
      throw problem('too_many_connections', `A call has ${MAX_JOINED} connections at most.`, 'call_id');
    this.#members.add(member);
    this.#session.open(member.onEvent);
    return {
      receive: (text) => this.#inbox.put(text, member),
      leave: () => this.#members.delete(member),
    };
  }

  #receive(text: string, from: CallMember | undefined): void {
    if (this.#over) return;
    this.#session.receive(text, from?.onEvent ?? ((answer) => this.#peer?.send(answer)));
  }

  #tell(text: string): void {
    this.#peer?.send(text);
    for (const { onEvent } of this.#members) onEvent(text);
  }

  #expire(): void {
    if (this.#over) return;
    this.#session.fail(expired());
    void this.end();
  }

  /** Hangs up, the first time; resolves when the peer has been told. */
  async end(): Promise<void> {
    if (!this.#over) {
      this.#over = true;
      this.#context.countStream(-1);
      this.#session.close();
      for (const { onOver } of this.#members) onOver();
      this.#members.clear();
      this.#onOver();
    }
    await this.#peer?.close();
  }
}
