/**
 * Text that a client keeps for the server and cannot read or change (`encrypted_content`): AES-256-GCM under a key of the
 * server's seed, so that every thread, and a server that is started again with the same seed, can open it. The nonce is made
 * from the text: equal texts are sealed equally, as all that depends on a seed.
 */
import { createCipheriv, createDecipheriv, createHmac, type Hmac } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const mac = (key: string | Buffer, text: string): Hmac => createHmac('sha256', key).update(text, 'utf8');
const keyOf = (seed: number): Buffer => mac('fakeai sealed text', String(seed)).digest();

/** Seals a text. */
export function seal(seed: number, text: string): string {
  const key = keyOf(seed);
  const nonce = mac(key, text).digest().subarray(0, NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce);
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url');
}

/** Opens what was sealed; undefined if it was not, or not under this seed. */
export function unseal(seed: number, sealed: string): string | undefined {
  const bytes = Buffer.from(sealed, 'base64url');
  if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const tagEnd = NONCE_BYTES + TAG_BYTES;
  const decipher = createDecipheriv(CIPHER, keyOf(seed), bytes.subarray(0, NONCE_BYTES));
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, tagEnd));
  try {
    return decipher.update(bytes.subarray(tagEnd), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return undefined;
  }
}
