/** Signatures as Standard Webhooks has them: https://www.standardwebhooks.com (v1, symmetric). */
import { createHmac } from 'node:crypto';

const PREFIX = 'whsec_';

/** The bytes of a secret: in base64 behind `whsec_`, or as they are. */
const keyOf = (secret: string): Buffer =>
  secret.startsWith(PREFIX) ? Buffer.from(secret.slice(PREFIX.length), 'base64') : Buffer.from(secret);

/**
 * The headers of a message.
 *
 * @param atS - when it is sent, in seconds since 1970
 */
export function signedHeaders(
  secret: string,
  messageId: string,
  atS: number,
  body: string,
): Record<string, string> {
  const signature = createHmac('sha256', keyOf(secret))
    .update(`${messageId}.${atS}.${body}`)
    .digest('base64');
  return {
    'webhook-id': messageId,
    'webhook-timestamp': String(atS),
    'webhook-signature': `v1,${signature}`,
  };
}
