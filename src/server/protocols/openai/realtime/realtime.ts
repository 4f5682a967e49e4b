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
import { callHandlers } from './calls/control.js';
import { joinCall } from './calls/join-call.js';
import { DEFAULT_MODEL, sessionFor } from './planned-session.js';
import { makeSecret, type SecretSession } from './secrets.js';
import { expired, RealtimeConnection, SESSION_S } from './session.js';
import {
  changedSession,
  newSession,
  type RealtimeSession,
  sessionChange,
  shownSession,
} from './session-config.js';
import { Inbox } from './session-voices.js';
import { changeOf, transcriptionSessionBody } from './transcription-session.js';

const SECRET_S = 600;
/** The code of a WebSocket that has served its purpose. */
const NORMAL = 1000;

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
  const connection = new RealtimeConnection(context, session, (text) => socket.send(text));
  context.countStream(1);
  const inbox = new Inbox(session.voices, socket, (text) => {
    if (socket.readyState === socket.OPEN) connection.receive(text);
  });
  socket.on('message', (data: Buffer) => inbox.put(data.toString('utf8'), undefined));
  const expiry = context.wheel.at(context.clock.nowMs() + SESSION_S * 1000, () => {
    connection.fail(expired());
    socket.close(NORMAL, 'session_expired');
  });
  socket.on('close', () => {
    context.wheel.cancel(expiry);
    connection.close();
    context.countStream(-1);
  });
  connection.open();
}

const secretBody = z.object({
  expires_after: z
    .object({
      anchor: z.literal('created_at').optional(),
      seconds: z.int().min(10).max(7200).default(SECRET_S),
    })
    .optional(),
  session: sessionChange.optional(),
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
  if (type === 'realtime') context.models.of(model, 'realtime');
  const voice = change.audio?.output?.voice;
  if (voice !== undefined) await voiceOf(context, voice, `${param}audio.output.voice`);
  return { type, model, change };
}

async function createClientSecret(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const body = check(secretBody, request.body.length > 0 ? request.json() : {});
  const secret = await secretFor(context, body.session ?? {}, 'session.');
  const expiresS = Math.floor(context.clock.wallMs() / 1000) + (body.expires_after?.seconds ?? SECRET_S);
  const value = await makeSecret(context, secret, expiresS);
  reply.json({ value, expires_at: expiresS, session: shownSession(await plannedSession(context, secret)) });
}

/** The older endpoints: the key is inside of the session. */
async function createSession(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const change = check(sessionChange, request.body.length > 0 ? request.json() : {});
  const secret = await secretFor(context, change, '');
  const expiresS = Math.floor(context.clock.wallMs() / 1000) + SECRET_S;
  const value = await makeSecret(context, secret, expiresS);
  const session = await plannedSession(context, secret);
  const { type: _type, tracing: _tracing, ...rest } = shownSession(session);
  const { tool_choice: choice } = session;
  reply.json({
    ...rest,
    tool_choice: typeof choice === 'string' ? choice : asciiJson(choice),
    client_secret: { value, expires_at: expiresS },
  });
}

async function createTranscriptionSession(
  context: ServerContext,
  request: ApiRequest,
  reply: Reply,
): Promise<void> {
  const asked = check(transcriptionSessionBody, request.body.length > 0 ? request.json() : {});
  const secret: SecretSession = { type: 'transcription', model: DEFAULT_MODEL, change: changeOf(asked) };
  const expiresS = Math.floor(context.clock.wallMs() / 1000) + SECRET_S;
  const value = await makeSecret(context, secret, expiresS);
  const { id, audio } = await plannedSession(context, secret);
  reply.json({
    id,
    object: 'realtime.transcription_session',
    client_secret: { value, expires_at: expiresS },
    modalities: ['text'],
    input_audio_format: asked.input_audio_format,
    input_audio_transcription: audio.input.transcription,
    turn_detection: audio.input.turn_detection,
  });
}

export const handlers: OperationHandlers = {
  ...callHandlers,
  'create-realtime-client-secret': createClientSecret,
  'create-realtime-session': createSession,
  'create-realtime-transcription-session': createTranscriptionSession,
};
