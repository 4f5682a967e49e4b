/** What a session is to be: by the key that stands for one, by what the request says, or by both. */
import type { ServerContext } from '../../../context.js';
import { SECRET_PREFIX, wrongApiKey } from '../../../limits/api-keys.js';
import { voiceOf } from '../audio/speech-choices.js';
import { missing } from '../errors.js';
import { mergedChange, type SessionChange } from './session-config.js';
import { sessionOfSecret } from './secrets.js';
import type { SessionOptions } from './session.js';
import { SessionVoices } from './session-voices.js';

/** See the file's head. */
export type PlannedSession = SessionOptions;

/** Where nothing names one: of sessions that only transcribe. */
export const DEFAULT_MODEL = 'gpt-realtime';

let sessions = 0;

/**
 * @param asked - what the request says; it comes before what the key stands for
 * @throws ApiError 401 when the key is void, 400 or 404 when there is no such model or voice
 */
export async function sessionFor(
  context: ServerContext,
  asked: {
    key: string | undefined;
    model: string | undefined;
    type: SessionOptions['type'] | undefined;
    change: SessionChange | undefined;
  },
): Promise<PlannedSession> {
  const key = asked.key ?? '';
  const secret = await sessionOfSecret(context, key);
  if (!secret && key.startsWith(SECRET_PREFIX)) throw wrongApiKey(key);
  const type = asked.change?.type ?? secret?.type ?? asked.type ?? 'realtime';
  const named = asked.model ?? asked.change?.model ?? secret?.model;
  if (named === undefined && type === 'realtime') throw missing('model');
  const model = named ?? DEFAULT_MODEL;
  // A transcription session has no model of its own.
  if (type === 'realtime') context.models.of(model, 'realtime');
  const voice = asked.change?.audio?.output?.voice;
  if (voice !== undefined) await voiceOf(context, voice, 'session.audio.output.voice');
  const voices = new SessionVoices(context);
  const change = mergedChange(secret?.change, asked.change);
  const chosen = change?.audio?.output?.voice;
  if (chosen !== undefined) await voices.learn(chosen);
  return { model, type, number: sessions++, voices, change };
}
