/** Answers an offer with a session behind it. */
import type { ServerContext } from '../../../../context.js';
import type { Reply } from '../../../../routing/reply.js';
import { newId } from '../../../../store/new-id.js';
import type { AnySession } from '../any-session.js';
import type { SessionVoices } from '../session-voices.js';
import { Call } from './call.js';
import { callsOf } from './call-book.js';

/** What is behind a call. */
export interface CallSession {
  voices: SessionVoices;
  begin: (write: (text: string) => void, end: () => void) => AnySession;
}

/**
 * @param offer - of `readOffer`
 * @param param - what it was sent as
 * @throws ApiError when the offer cannot be answered, or there is no room
 */
export async function answerCall(
  context: ServerContext,
  reply: Reply,
  offer: string,
  param: string | null,
  { voices, begin }: CallSession,
): Promise<void> {
  const book = callsOf(context);
  book.checkRoom();
  const id = await newId(context, 'rtc_', 32, 'hex');
  const call = new Call(context, id, voices, begin, () => book.remove(id));
  await book.add(call);
  try {
    const { Peer } = await import('../webrtc/peer.js');
    const { peer, answer } = await Peer.answer(context, offer, param, call);
    call.use(peer);
    const location = `location: /v1/realtime/calls/${id}\r\n`;
    reply.bytes(Buffer.from(answer, 'utf8'), 'application/sdp', location, 201);
  } catch (error) {
    await call.end();
    throw error;
  }
}
