/** Keys for clients that must not have the real one: each stands for a session with settings, for a while. */
import type { Clock } from '../../../../lib/clock.js';
import { SECRET_PREFIX } from '../../../limits/api-keys.js';
import { type IdSource, newId } from '../../../store/new-id.js';
import type { Collection } from '../../../store/store.js';
import type { SessionChange } from './session-config.js';

/** What a key stands for. */
export interface SecretSession {
  type: 'realtime' | 'transcription';
  model: string;
  change: SessionChange;
}

const SECRETS: Collection<SecretSession> = { name: 'realtime-secrets', maxCount: 10_000, atBound: 'evict' };

/**
 * Makes a key.
 *
 * @param expiresS - the wall-clock second from which on it is void
 */
export async function makeSecret(
  maker: IdSource & { clock: Clock },
  session: SecretSession,
  expiresS: number,
): Promise<string> {
  const value = await newId(maker, SECRET_PREFIX, 32, 'hex');
  const store = await maker.store();
  await store.put(SECRETS, value, session, { expiresAtMs: expiresS * 1000 });
  return value;
}

/** What a key stands for; undefined if it is none, or void. */
export const sessionOfSecret = async (maker: IdSource, value: string): Promise<SecretSession | undefined> =>
  value.startsWith(SECRET_PREFIX) ? (await maker.store()).get(SECRETS, value) : undefined;
