/** `/realtime`: the WebSocket, and keys for it. */
import * as z from 'zod';
import type { ServerContext } from '../../../context.js';
import { asciiJson } from '../../../json.js';
import { apiKeyOf } from '../../../limits/api-keys.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import type { Reply } from '../../../routing/reply.js';
import { acceptWebSocket } from '../../../routing/websocket.js';
import { newId } from '../../../store/new-id.js';
import { voiceOf } from '../audio/speech-choices.js';
import type { OperationHandlers } from '../operations.js';
import { check } from '../validation.js';
import { SESSION_S } from './any-session.js';
import { callHandlers } from './calls/control.js';
import { joinCall } from './calls/join-call.js';
import { converses, DEFAULT_MODEL, sessionFor } from './planned-session.js';
import { olderSessionBody } from './older-session.js';
import { expiresAfter, makeSecret, secretExpiry, type SecretSession } from './secrets.js';
import { RealtimeConnection } from './session.js';
import { overSocket } from './session-socket.js';
import {
  changedSession,
  newSession,
  type RealtimeSession,
  sessionChange,
  shownSession,
} from './session-config.js';
import { changeOf, transcriptionSessionBody } from './transcription-session.js';
import { createTranslationSecret } from './translation/translations.js';

/** `GET /realtime`: becomes a WebSocket, of a session of its own or of a call that there is. */
export async function openRealtime(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const callId = request.query.get('call_id');
  if (callId !== null) return joinCall(context, callId, request, reply);
  const session = await sessionFor(context, {
    key: apiKeyOf(request.headers),
    model: request.query.get('model') ?? undefined,
    type: request.query.get('intent') === 'transcription' ? 'transcription' : undefined,
    change: undefined,
  });
  const socket = await acceptWebSocket(request, reply, ['realtime']);
  overSocket(context, socket, session.voices, (write) => new RealtimeConnection(context, session, write));
}

const secretBody = z.object({
  expires_after: expiresAfter,
  session: sessionChange.extend({ type: z.enum(['realtime', 'transcription']) }).optional(),
});

/** A session as it will begin. */
async function plannedSession(context: ServerContext, secret: SecretSession): Promise<RealtimeSession> {
  const expiresS = Math.floor(context.clock.wallMs() / 1000) + SESSION_S;
  const id = await newId(context, 'sess_', 21);
  return changedSession(newSession(id, secret.model, expiresS, secret.type), secret.change);
}

/** @param param - where the session is in the request's body */
async function secretFor(
  context: ServerContext,
  change: z.output<typeof sessionChange>,
  param: '' | 'session.',
): Promise<SecretSession> {
  const type = change.type ?? 'realtime';
  const model = change.model ?? DEFAULT_MODEL;
  if (type === 'realtime') converses(context, model);
  const voice = change.audio?.output?.voice;
  if (voice !== undefined) await voiceOf(context, voice, `${param}audio.output.voice`);
  return { type, model, change };
}

async function createClientSecret(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const body = check(secretBody, request.body.length > 0 ? request.json() : {});
  const secret = await secretFor(context, body.session ?? {}, 'session.');
  const expiresS = secretExpiry(context, body.expires_after?.seconds);
  const session = shownSession(await plannedSession(context, secret));
  const answer = (value: string) => ({ value, expires_at: expiresS, session });
  reply.json(await makeSecret(context, apiKeyOf(request.headers), secret, expiresS, answer));
}

/** The older endpoints: the key is inside of the session. */
async function createSession(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const change = check(olderSessionBody, request.body.length > 0 ? request.json() : {});
  const secret = await secretFor(context, change, '');
  const expiresS = secretExpiry(context);
  const session = await plannedSession(context, secret);
  const { type: _type, tracing: _tracing, prompt: _prompt, ...rest } = shownSession(session);
  const { tool_choice: choice, tracing } = session;
  const answer = (value: string) => ({
    ...rest,
    ...(tracing && { tracing }),
    tool_choice: typeof choice === 'string' ? choice : asciiJson(choice),
    client_secret: { value, expires_at: expiresS },
  });
  reply.json(await makeSecret(context, apiKeyOf(request.headers), secret, expiresS, answer));
}

async function createTranscriptionSession(
  context: ServerContext,
  request: ApiRequest,
  reply: Reply,
): Promise<void> {
  const asked = check(transcriptionSessionBody, request.body.length > 0 ? request.json() : {});
  const secret: SecretSession = { type: 'transcription', model: DEFAULT_MODEL, change: changeOf(asked) };
  const expiresS = secretExpiry(context);
  const { id, audio, include } = await plannedSession(context, secret);
  const answer = (value: string) => ({
    id,
    object: 'realtime.transcription_session',
    client_secret: { value, expires_at: expiresS },
    modalities: ['text'],
    input_audio_format: asked.input_audio_format,
    input_audio_transcription: audio.input.transcription,
    input_audio_noise_reduction: audio.input.noise_reduction ?? null,
    turn_detection: audio.input.turn_detection,
    include: include ?? null,
  });
  reply.json(await makeSecret(context, apiKeyOf(request.headers), secret, expiresS, answer));
}

export const handlers: OperationHandlers = {
  ...callHandlers,
  'create-realtime-translation-client-secret': createTranslationSecret,
  'create-realtime-client-secret': createClientSecret,
  'create-realtime-session': createSession,
  'create-realtime-transcription-session': createTranscriptionSession,
};
