/** Voices of the user's own, and the recordings that allow them. */
import * as z from 'zod';
import { digestOfBytes } from '../../../../lib/digest.js';
import { likeVoice, type Voice, VOICES } from '../../../../simulator/speech/voices.js';
import type { ServerContext } from '../../../context.js';
import { type AudioInfo, audioInfo } from '../../../media/audio/audio-info.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import type { Reply } from '../../../routing/reply.js';
import { willAnswer } from '../../../store/commit-note.js';
import { newId } from '../../../store/new-id.js';
import type { Collection } from '../../../store/store.js';
import { invalid } from '../errors.js';
import { listBody, notFound, pageOf, readPage } from '../lists.js';
import { type Form, formObject, oneFile, readForm } from '../multipart.js';
import type { OperationHandlers } from '../operations.js';
import { check } from '../validation.js';

interface ConsentRecord {
  id: string;
  name: string;
  language: string;
  createdS: number;
}

interface VoiceRecord {
  id: string;
  name: string;
  createdS: number;
  voice: Voice;
}

const CONSENTS: Collection<ConsentRecord> = { name: 'voice-consents', maxCount: 10_000, atBound: 'refuse' };
const CUSTOM_VOICES: Collection<VoiceRecord> = { name: 'voices', maxCount: 1000, atBound: 'refuse' };
const MAX_BYTES = 10 * 1024 * 1024;
/** Most voices in the list of all of them. */
const MAX_LISTED = 100;

const name = z.string().min(1).max(512);
const consentFields = z.object({ name, language: z.string().min(1) });
const voiceFields = z.object({ name, consent: z.string().min(1) });
const renaming = z.object({ name });

const consentBody = ({ id, name, language, createdS }: ConsentRecord) => ({
  object: 'audio.voice_consent',
  id,
  name,
  language,
  created_at: createdS,
});

const voiceBody = ({ id, name, createdS }: VoiceRecord) => ({
  object: 'audio.voice',
  id,
  name,
  type: 'audio_sample',
  created_at: createdS,
});

/** A recording of a form that can be heard. */
function requireAudio(form: Form, param: string): { bytes: Buffer; info: AudioInfo } {
  const { bytes } = oneFile(form, param);
  if (bytes.length > MAX_BYTES) throw invalid(param, 'file_too_large', `'${param}' can have at most 10 MiB.`);
  const info = audioInfo(bytes);
  if (info) return { bytes, info };
  const message = `Invalid file format of '${param}'. Supported formats: mp3, wav, ogg, aac, flac, webm, mp4.`;
  throw invalid(param, 'invalid_value', message);
}

/** Whether a text is a language tag (BCP 47). */
function isLanguageTag(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}

async function createVoiceConsent(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const form = await readForm('createVoiceConsent', request);
  const { name, language } = check(consentFields, formObject(form));
  requireAudio(form, 'recording');
  if (!isLanguageTag(language))
    throw invalid('language', 'invalid_value', `'${language.slice(0, 50)}' is no BCP 47 language tag.`);
  const id = await newId(context, 'cons_', 24, 'hex');
  const consent = { id, name, language, createdS: Math.floor(context.clock.wallMs() / 1000) };
  const store = await context.store();
  willAnswer(consentBody(consent));
  await store.put(CONSENTS, id, consent);
  reply.json(consentBody(consent));
}

async function listVoiceConsents(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const page = await readPage(await context.store(), CONSENTS, pageOf<ConsentRecord>(request));
  reply.json(listBody({ ...page, data: page.data.map(consentBody) }));
}

const missingConsent = (id: string): Error =>
  notFound(`No such voice consent: ${id.slice(0, 200)}`, 'consent_id');

async function getVoiceConsent(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const id = request.param('consent_id');
  const consent = await (await context.store()).get(CONSENTS, id);
  if (!consent) throw missingConsent(id);
  reply.json(consentBody(consent));
}

async function updateVoiceConsent(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const id = request.param('consent_id');
  const { name } = check(renaming, request.json());
  const consent = await (await context.store()).update(CONSENTS, id, (old) => ({ ...old, name }));
  if (!consent) throw missingConsent(id);
  reply.json(consentBody(consent));
}

async function deleteVoiceConsent(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const id = request.param('consent_id');
  if (!(await (await context.store()).delete(CONSENTS, id))) throw missingConsent(id);
  reply.json({ id, object: 'audio.voice_consent', deleted: true });
}

/** A new voice. How it sounds follows from the sample's bytes. */
async function createVoice(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const form = await readForm('createVoice', request);
  const { name, consent } = check(voiceFields, formObject(form));
  const { bytes } = requireAudio(form, 'audio_sample');
  const store = await context.store();
  if (!(await store.get(CONSENTS, consent)))
    throw invalid('consent', 'invalid_value', `No such voice consent: ${consent.slice(0, 200)}`);
  const id = await newId(context, 'voice_', 24, 'hex');
  const createdS = Math.floor(context.clock.wallMs() / 1000);
  const record = { id, name, createdS, voice: likeVoice(digestOfBytes(bytes)) };
  willAnswer(voiceBody(record));
  await store.put(CUSTOM_VOICES, id, record);
  reply.json(voiceBody(record));
}

/** Whether an id is like that of a voice that was made. */
export const isCustomVoice = (id: string): boolean => id.startsWith('voice_');

/** A voice that was made; looks into the store only if something was ever stored. */
export async function customVoice(context: ServerContext, id: string): Promise<Voice | undefined> {
  if (!isCustomVoice(id) || !context.hasStored()) return undefined;
  return (await (await context.store()).get(CUSTOM_VOICES, id))?.voice;
}

/** `GET /audio/voices`, which OpenAI does not have: the newest voices of the user's own, and all others. */
export async function listVoices(context: ServerContext, reply: Reply): Promise<void> {
  const store = await context.store();
  const { data } = await store.list(CUSTOM_VOICES, { limit: MAX_LISTED, order: 'desc' });
  const shipped = VOICES.map(({ id }) => ({ id, object: 'audio.voice', name: id }));
  reply.json({ object: 'list', data: [...data.map(voiceBody), ...shipped] });
}

export const voiceHandlers: OperationHandlers = {
  createVoiceConsent,
  listVoiceConsents,
  getVoiceConsent,
  updateVoiceConsent,
  deleteVoiceConsent,
  createVoice,
};
