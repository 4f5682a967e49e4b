/** Fixtures for requests that ask for something other than a chat's text. */
import type { ServerContext } from '../context.js';
import type { OwnPace } from '../generation/own-pace.js';
import type { ApiRequest } from '../routing/api-request.js';
import type { FixtureAnswer, FixtureEndpoint } from './fixtures.js';

/** What is asked for, as fixtures see it. */
export interface MediaAsk {
  endpoint: Exclude<FixtureEndpoint, 'text'>;
  model: string;
  /** Its words: a prompt, or what is to be spoken, judged or embedded. */
  text: string;
  /** Name of the file that came with it. */
  file?: string | undefined;
}

/** What a fixture answers, and how long that takes in real time. */
export interface MediaScript extends Pick<FixtureAnswer, 'text' | 'scores' | 'embedding'> {
  readonly pace?: OwnPace | undefined;
}

const NOTHING: MediaScript = {};

/**
 * What a fixture says to a request; empty when none does. Fixtures count their calls: ask once for each.
 *
 * @throws ApiError that the fixture says
 */
export function mediaScript(
  { fixtures }: Pick<ServerContext, 'fixtures'>,
  request: Pick<ApiRequest, 'headers'>,
  { endpoint, model, text, file }: MediaAsk,
): MediaScript {
  const message = { role: 'user', name: undefined, text };
  const { headers } = request;
  const answer = fixtures?.find({ endpoint, file, model, messages: [message], tools: [], headers });
  return answer ? { ...answer, pace: fixtures!.paceOf(answer) } : NOTHING;
}

/** The pace of several that are answered together: they are ready with the last of them. */
export function slowest(paces: readonly (OwnPace | undefined)[]): OwnPace | undefined {
  const given = paces.filter((pace) => pace !== undefined);
  if (given.length === 0) return undefined;
  const most = (key: keyof OwnPace): number | undefined => {
    const times = given.flatMap((pace) => pace[key] ?? []);
    return times.length > 0 ? Math.max(...times) : undefined;
  };
  return { delayMs: most('delayMs'), ttftMs: most('ttftMs'), itlMs: most('itlMs') };
}
