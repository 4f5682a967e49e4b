/** What a client offers, looked at before anything is made of it. */
import { invalid } from '../../errors.js';

/** Longest offer, in characters; those of browsers have some thousands. */
const MAX_LENGTH = 64 * 1024;

/** How an offer must be, and what is wrong otherwise. */
const RULES: readonly (readonly [RegExp, string])[] = [
  [/^v=0\r?$/m, 'it does not begin with "v=0"'],
  [/^m=(?:audio|application) /m, 'it has neither audio nor a data channel'],
  [/^a=ice-ufrag:\S{4,}/m, 'it has no "a=ice-ufrag"'],
  [/^a=ice-pwd:\S{22,}/m, 'it has no "a=ice-pwd"'],
  [/^a=fingerprint:\S+ \S+/m, 'it has no "a=fingerprint"'],
];

/**
 * An offer as the peer takes it.
 *
 * @param param - what it was sent as
 * @throws ApiError 400 when it is none
 */
export function readOffer(text: string, param: string | null): string {
  const problem =
    text.length > MAX_LENGTH
      ? `it is longer than ${MAX_LENGTH} characters`
      : RULES.find(([pattern]) => !pattern.test(text))?.[1];
  if (problem !== undefined) throw badOffer(problem, param);
  if (/^m=audio /m.test(text) && !/^a=rtpmap:\d+ opus\/48000/im.test(text))
    throw badOffer('its audio has no Opus', param);
  // Whoever answers without going to look for paths (ICE lite) needs none of the other side's, and some name hosts that
  // would have to be looked up.
  return text
    .split(/\r?\n/)
    .filter((line) => line !== '' && !line.startsWith('a=candidate:'))
    .map((line) => `${line}\r\n`)
    .join('');
}

/** An offer cannot be answered. */
export const badOffer = (problem: string, param: string | null): Error =>
  invalid(param ?? '', 'invalid_offer', `The SDP offer cannot be answered: ${problem.slice(0, 200)}.`);
