/** What a session is to be: by the key that stands for one, by what the request says, or by both. */
import type { ServerContext } from '../../../context.js';
import { voiceOf } from '../audio/speech-choices.js';
import { invalid, missing } from '../errors.js';
import { mergedChange, type SessionChange } from './session-config.js';
import { sessionOfSecret } from './secrets.js';
import type { SessionOptions } from './session.js';
import { SessionVoices } from './session-voices.js';

/** Where nothing names one: of sessions that only transcribe. */
export const DEFAULT_MODEL = 'gpt-realtime';

let sessions = 0;

/** A number that no other session of this thread has. */
export const nextSession = (): number => sessions++;

/** @throws ApiError when there is no such model, or one that does something else */
export function converses(context: ServerContext, model: string): void {
  const { endpoints } = context.models.of(model, 'realtime');
  if (endpoints.includes('chat')) return;
  const message = `The model '${model.slice(0, 200)}' translates and does not converse: use it with /v1/realtime/translations.`;
  throw invalid('model', 'invalid_value', message);
}

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
): Promise<SessionOptions> {
  const secret = await sessionOfSecret(context, asked.key ?? '');
  const type = asked.change?.type ?? secret?.type ?? asked.type ?? 'realtime';
  const named = asked.model ?? asked.change?.model ?? secret?.model;
  if (named === undefined && type === 'realtime') throw missing('model');
  const model = named ?? DEFAULT_MODEL;
  // A transcription session has no model of its own.
  if (type === 'realtime') converses(context, model);
  const voice = asked.change?.audio?.output?.voice;
  if (voice !== undefined) await voiceOf(context, voice, 'session.audio.output.voice');
  const voices = new SessionVoices(context);
  const change = mergedChange(secret?.change, asked.change);
  // What a key of a browser does counts for the key that made it.
  const apiKey = (secret ? secret.apiKey : asked.key) ?? '';
  const chosen = change?.audio?.output?.voice;
  if (chosen !== undefined) await voices.learn(chosen);
  return { model, type, number: nextSession(), voices, change, apiKey };
}
