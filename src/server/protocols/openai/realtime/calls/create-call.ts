/** `POST /realtime/calls`: a browser's offer becomes a call. */
import type { ServerContext } from '../../../../context.js';
import { apiKeyOf } from '../../../../limits/api-keys.js';
import type { ApiRequest } from '../../../../routing/api-request.js';
import type { Reply } from '../../../../routing/reply.js';
import { ApiError, missing } from '../../errors.js';
import { parseJsonObject } from '../../json-body.js';
import { type Form, readForm } from '../../multipart.js';
import { check } from '../../validation.js';
import { sessionFor } from '../planned-session.js';
import { type SessionChange, sessionChange } from '../session-config.js';
import { RealtimeConnection } from '../session.js';
import { readOffer } from '../webrtc/offer.js';
import { answerCall } from './answer-call.js';

const SDP_TYPE = 'application/sdp';

/** What a request asks for. */
interface CallRequest {
  sdp: string;
  /** The name of the part that it was in. */
  param: string | null;
  /** What the session is to be, if that is said. */
  session: Record<string, unknown> | undefined;
}

/** @throws ApiError when it is no offer, or not sent as one */
export async function readCall(request: ApiRequest): Promise<CallRequest> {
  const type = (request.header('content-type') ?? '').split(';')[0]!.trim().toLowerCase();
  if (type === SDP_TYPE) return { sdp: request.body.toString('utf8'), param: null, session: undefined };
  if (type !== 'multipart/form-data') {
    const message = `The content type must be ${SDP_TYPE} with the offer as the body, or multipart/form-data with the parts 'sdp' and 'session'; it is '${type.slice(0, 100)}'.`;
    throw new ApiError({ status: 415, message, code: 'unsupported_content_type' });
  }
  const form = await readForm('create-realtime-call', request);
  const sdp = textOf(form, 'sdp');
  if (sdp === undefined) throw missing('sdp');
  const session = textOf(form, 'session');
  return {
    sdp,
    param: 'sdp',
    session: session === undefined ? undefined : parseJsonObject(Buffer.from(session, 'utf8')),
  };
}

/** A part, sent as a field or as a file. */
const textOf = (form: Form, name: string): string | undefined =>
  form.fields.get(name)?.[0] ?? form.files.get(name)?.[0]?.bytes.toString('utf8');

function readSession(input: Record<string, unknown> | undefined): SessionChange | undefined {
  if (!input) return undefined;
  if (input['type'] === undefined) throw missing('session.type');
  return check(sessionChange, input);
}

export async function createCall(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const asked = await readCall(request);
  const offer = readOffer(asked.sdp, asked.param);
  const session = await sessionFor(context, {
    key: apiKeyOf(request.headers),
    model: request.query.get('model') ?? undefined,
    change: readSession(asked.session),
    type: undefined,
  });
  await answerCall(context, reply, offer, asked.param, {
    voices: session.voices,
    begin: (write) => new RealtimeConnection(context, { ...session, tracks: true }, write),
  });
}
