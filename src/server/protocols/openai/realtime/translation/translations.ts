/** `/realtime/translations`: keys, WebSockets and calls of translation sessions. */
import * as z from 'zod';
import type { ServerContext } from '../../../../context.js';
import { apiKeyOf } from '../../../../limits/api-keys.js';
import type { ApiRequest } from '../../../../routing/api-request.js';
import type { Reply } from '../../../../routing/reply.js';
import { acceptWebSocket } from '../../../../routing/websocket.js';
import { newId } from '../../../../store/new-id.js';
import { invalid, missing } from '../../errors.js';
import { check } from '../../validation.js';
import { SESSION_S } from '../any-session.js';
import { answerCall } from '../calls/answer-call.js';
import { readCall } from '../calls/create-call.js';
import { nextSession } from '../planned-session.js';
import { expiresAfter, makeSecret, secretExpiry, translationOfSecret } from '../secrets.js';
import { overSocket } from '../session-socket.js';
import { SessionVoices } from '../session-voices.js';
import { readOffer } from '../webrtc/offer.js';
import { changedTranslation, newTranslation, type TranslationChange, translationBody } from './config.js';
import { TranslationSession, type TranslationOptions } from './session.js';

/** Endpoints of a model that is known for what it does; one that is not has them all. */
const FEW = 3;

/** @throws ApiError when there is no such model, or one that converses */
function translates(context: ServerContext, model: string): void {
  const { endpoints } = context.models.of(model, 'realtime');
  if (!endpoints.includes('chat') || endpoints.length > FEW) return;
  const message = `The model '${model.slice(0, 200)}' does not translate. Use one that does, such as 'gpt-realtime-translate'.`;
  throw invalid('model', 'invalid_value', message);
}

const secretBody = z.strictObject({ expires_after: expiresAfter, session: translationBody });

export async function createTranslationSecret(
  context: ServerContext,
  request: ApiRequest,
  reply: Reply,
): Promise<void> {
  const { expires_after: after, session } = check(secretBody, request.json());
  const { model, audio } = session;
  translates(context, model);
  const change: TranslationChange = audio ? { audio } : {};
  const expiresS = secretExpiry(context, after?.seconds);
  const maker = apiKeyOf(request.headers);
  const sessionId = await newId(context, 'sess_', 21);
  const ends = Math.floor(context.clock.wallMs() / 1000) + SESSION_S;
  const body = (value: string) => ({
    value,
    expires_at: expiresS,
    session: changedTranslation(newTranslation(sessionId, model, ends), change),
  });
  reply.json(await makeSecret(context, maker, { type: 'translation', model, change }, expiresS, body));
}

/** @param asked - what the request itself says */
async function optionsOf(
  context: ServerContext,
  request: ApiRequest,
  asked: z.output<typeof translationBody> | undefined,
): Promise<TranslationOptions> {
  const secret = await translationOfSecret(context, apiKeyOf(request.headers) ?? '');
  const model = request.query.get('model') ?? asked?.model ?? secret?.model;
  if (model === undefined) throw missing('model');
  translates(context, model);
  const change = asked?.audio ? { audio: asked.audio } : secret?.change;
  return { model, number: nextSession(), change };
}

/** `GET /realtime/translations`: becomes a WebSocket. */
export async function openTranslation(
  context: ServerContext,
  request: ApiRequest,
  reply: Reply,
): Promise<void> {
  const options = await optionsOf(context, request, undefined);
  const socket = await acceptWebSocket(request, reply, ['realtime']);
  overSocket(
    context,
    socket,
    new SessionVoices(context),
    (write, end) => new TranslationSession(context, options, write, end),
  );
}

/** `POST /realtime/translations/calls`: a browser's offer becomes a call. */
export async function createTranslationCall(
  context: ServerContext,
  request: ApiRequest,
  reply: Reply,
): Promise<void> {
  const { sdp, param, session } = await readCall(request);
  const offer = readOffer(sdp, param);
  const options = await optionsOf(context, request, session && check(translationBody, session));
  await answerCall(context, reply, offer, param, {
    voices: new SessionVoices(context),
    begin: (write, end) => new TranslationSession(context, { ...options, tracks: true }, write, end),
  });
}
