/** Keys for clients that must not have the real one: each stands for a session with settings, for a while. */
import * as z from 'zod';
import type { Clock } from '../../../../lib/clock.js';
import { SECRET_PREFIX, wrongApiKey } from '../../../limits/api-keys.js';
import { willAnswer } from '../../../store/commit-note.js';
import { type IdSource, newId } from '../../../store/new-id.js';
import type { Collection } from '../../../store/store.js';
import { seal, unseal } from '../responses/sealed.js';
import type { SessionChange } from './session-config.js';
import type { TranslationChange } from './translation/config.js';

/** What a key stands for. */
export interface SecretSession {
  type: 'realtime' | 'transcription';
  model: string;
  change: SessionChange;
}

/** The same, for translations. */
export interface TranslationSecret {
  type: 'translation';
  model: string;
  change: TranslationChange;
}

/** How long a key is good, unless it is said. */
const USUAL_S = 600;

export const expiresAfter = z
  .object({
    anchor: z.literal('created_at').optional(),
    seconds: z.int().min(10).max(7200).default(USUAL_S),
  })
  .optional();

/** The wall-clock second from which on a key made now is void. */
export const secretExpiry = ({ clock }: { clock: Clock }, seconds = USUAL_S): number =>
  Math.floor(clock.wallMs() / 1000) + seconds;

/** The key that it was made with counts for it; nobody reads that in the store. */
interface KeptSecret {
  session: SecretSession | TranslationSecret;
  sealedMaker: string | undefined;
}

const SECRETS: Collection<KeptSecret> = {
  name: 'realtime-secrets',
  maxCount: 10_000,
  atBound: 'evict',
};

/**
 * Makes a key.
 *
 * @param apiKey - of whom makes it
 * @param expiresS - the wall-clock second from which on it is void
 * @param answer - what is answered with it
 * @returns the answer
 */
export async function makeSecret<T>(
  maker: IdSource & { clock: Clock },
  apiKey: string | undefined,
  session: SecretSession | TranslationSecret,
  expiresS: number,
  answer: (value: string) => T,
): Promise<T> {
  const value = await newId(maker, SECRET_PREFIX, 32, 'hex');
  const store = await maker.store();
  const sealedMaker = apiKey === undefined ? undefined : seal(maker.seed, apiKey);
  const body = answer(value);
  willAnswer(body);
  await store.put(SECRETS, value, { session, sealedMaker }, { expiresAtMs: expiresS * 1000 });
  return body;
}

/** What a key stands for; undefined if it is none, or void. */
async function secretOf(maker: IdSource, value: string): Promise<KeptSecret | undefined> {
  return value.startsWith(SECRET_PREFIX) ? (await maker.store()).get(SECRETS, value) : undefined;
}

/**
 * The session that a request's key stands for, and the key that it was made with; undefined when it is an ordinary key.
 *
 * @throws ApiError 401 when it is void, or stands for a translation
 */
export async function sessionOfSecret(
  maker: IdSource,
  value: string,
): Promise<(SecretSession & { apiKey: string | undefined }) | undefined> {
  const secret = await secretOf(maker, value);
  if (secret?.session.type === 'translation') throw wrongApiKey(value);
  if (!secret && value.startsWith(SECRET_PREFIX)) throw wrongApiKey(value);
  if (!secret) return undefined;
  const { session, sealedMaker } = secret;
  return { ...session, apiKey: sealedMaker === undefined ? undefined : unseal(maker.seed, sealedMaker) };
}

/** The same, of translations. @throws ApiError 401 when it is void, or stands for another session */
export async function translationOfSecret(
  maker: IdSource,
  value: string,
): Promise<TranslationSecret | undefined> {
  const session = (await secretOf(maker, value))?.session;
  if (session?.type === 'translation') return session;
  if (value.startsWith(SECRET_PREFIX)) throw wrongApiKey(value);
  return undefined;
}
