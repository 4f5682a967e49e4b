/** `POST /realtime/calls`: a browser's offer becomes a call. */
import type { ServerContext } from '../../../../context.js';
import { apiKeyOf } from '../../../../limits/api-keys.js';
import type { ApiRequest } from '../../../../routing/api-request.js';
import type { Reply } from '../../../../routing/reply.js';
import { newId } from '../../../../store/new-id.js';
import { ApiError, invalid, missing } from '../../errors.js';
import { parseJsonObject } from '../../json-body.js';
import { type Form, readForm } from '../../multipart.js';
import { check } from '../../validation.js';
import { type PlannedSession, sessionFor } from '../planned-session.js';
import { type SessionChange, sessionChange } from '../session-config.js';
import { readOffer } from '../webrtc/offer.js';
import { Call } from './call.js';
import { callsOf } from './call-book.js';

const SDP_TYPE = 'application/sdp';

/** What a request asks for. */
interface CallRequest {
  sdp: string;
  /** The name of the part that it was in. */
  param: string | null;
  session: SessionChange | undefined;
}

async function readCall(request: ApiRequest): Promise<CallRequest> {
  const type = (request.header('content-type') ?? '').split(';')[0]!.trim().toLowerCase();
  if (type === SDP_TYPE) return { sdp: request.body.toString('utf8'), param: null, session: undefined };
  if (type !== 'multipart/form-data') {
    const message = `The content type must be ${SDP_TYPE} with the offer as the body, or multipart/form-data with the parts 'sdp' and 'session'; it is '${type.slice(0, 100)}'.`;
    throw new ApiError({ status: 415, message, code: 'unsupported_content_type' });
  }
  const form = await readForm(request);
  const sdp = textOf(form, 'sdp');
  if (sdp === undefined) throw missing('sdp');
  const session = textOf(form, 'session');
  return {
    sdp,
    param: 'sdp',
    session: session === undefined ? undefined : readSession(session),
  };
}

/** A part, sent as a field or as a file. */
const textOf = (form: Form, name: string): string | undefined =>
  form.fields.get(name)?.[0] ?? form.files.get(name)?.[0]?.bytes.toString('utf8');

function readSession(text: string): SessionChange {
  const input = parseJsonObject(Buffer.from(text, 'utf8'));
  const change = check(sessionChange, input);
  if (change.type === 'transcription' || change.type === 'realtime') return change;
  throw input['type'] === undefined
    ? missing('session.type')
    : invalid('session.type', null, 'Invalid type.');
}

export async function createCall(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const asked = await readCall(request);
  const offer = readOffer(asked.sdp, asked.param);
  const session: PlannedSession = await sessionFor(context, {
    key: apiKeyOf(request.headers),
    model: request.query.get('model') ?? undefined,
    change: asked.session,
    type: undefined,
  });
  const book = callsOf(context);
  book.checkRoom();
  const id = await newId(context, 'rtc_', 32, 'hex');
  const call = new Call(context, id, session, () => book.remove(id));
  await book.add(call);
  try {
    const { Peer } = await import('../webrtc/peer.js');
    const { peer, answer } = await Peer.answer(context, offer, asked.param, call);
    call.use(peer);
    reply.bytes(Buffer.from(answer, 'utf8'), SDP_TYPE, `location: /v1/realtime/calls/${id}\r\n`, 201);
  } catch (error) {
    await call.end();
    throw error;
  }
}
