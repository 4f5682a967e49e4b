/** Request headers, checked before anything is sent. */
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { FakeaiError, messageOf } from '../lib/errors.js';

/** Belong to the connection or to the body, so the transport writes them. */
const OWN_HEADERS = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'expect',
  'upgrade',
]);

/**
 * The headers of every request: defaults, overridden by what the user gives.
 *
 * @param defaults - lower-case names
 * @param given - names in any case
 * @throws FakeaiError FAKEAI_SETTING_INVALID for a header that HTTP does not allow or that is not the user's to set
 */
export function requestHeaders(
  defaults: Readonly<Record<string, string>>,
  given: Readonly<Record<string, string>>,
): Record<string, string> {
  const headers: Record<string, string> = { ...defaults };
  for (const [name, value] of Object.entries(given)) {
    const key = name.toLowerCase();
    const problem = OWN_HEADERS.has(key) ? 'is set by fakeai itself' : invalid(key, value);
    if (problem) {
      throw new FakeaiError('FAKEAI_SETTING_INVALID', { where: '--header', problem: `"${name}" ${problem}` });
    }
    headers[key] = value;
  }
  return headers;
}

function invalid(name: string, value: string): string | undefined {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return undefined;
  } catch (error) {
    return `cannot be sent: ${messageOf(error)}`;
  }
}
