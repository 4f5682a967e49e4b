/** Answers that the user wrote: a request that one matches is answered as it says, in every protocol. */
import type { Script } from '../../simulator/content/compose.js';
import type { JsonSchema } from '../../simulator/content/json/schema.js';
import type { Category } from '../../simulator/moderation/rules.js';
import type { OwnPace } from '../generation/own-pace.js';
import { ApiError } from '../protocols/openai/errors.js';
import { type Condition, conditions } from './fixture-conditions.js';
import { type Miss, nearestMiss } from './fixture-misses.js';
import { answerFor } from './fixture-template.js';
import type { PromptMessage } from './prompt.js';

/** What is asked for: a chat's text, in whatever protocol, or something else; translations are transcriptions too. */
export const FIXTURE_ENDPOINTS = [
  'text',
  'transcriptions',
  'moderations',
  'embeddings',
  'images',
  'speech',
] as const;
export type FixtureEndpoint = (typeof FIXTURE_ENDPOINTS)[number];

/** What a request must be like; all that is given must hold. */
export interface FixtureMatch {
  /** Default `text`. */
  endpoint?: FixtureEndpoint | undefined;
  /** Name of the file that was sent. */
  file?: string | undefined;
  model?: string | undefined;
  /** The latest message, exactly. */
  message?: string | undefined;
  /** A part of the latest message, in any case. */
  contains?: string | undefined;
  /** A regular expression that the latest message has a match of. */
  pattern?: string | undefined;
  /** Role of the latest message. */
  role?: string | undefined;
  /** Name of a tool that is offered. */
  tool?: string | undefined;
  /** Values of headers, exactly; names in any case. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** Name of the schema that the answer must follow. */
  schemaName?: string | undefined;
  /** A part of that schema. */
  schema?: JsonSchema | undefined;
  /** Which of the requests that all else holds for, from 1 on. */
  call?: number | undefined;
}

/** What is answered: an error, or thoughts, text and calls. Times are milliseconds at time scale 1. */
export interface FixtureAnswer {
  /** Its texts have places such as `{{message}}` that are filled in from the request. */
  template?: boolean | undefined;
  text?: string | undefined;
  reasoning?: string | undefined;
  refusal?: string | undefined;
  toolCalls?: readonly { name: string; arguments: unknown }[] | undefined;
  /** Of a moderation; 0 for categories that are not given. */
  scores?: Partial<Record<Category, number>> | undefined;
  embedding?: readonly number[] | undefined;
  delay?: number | undefined;
  ttft?: number | undefined;
  itl?: number | undefined;
  error?:
    | {
        status: number;
        message: string;
        type?: string | undefined;
        code?: string | undefined;
        headers?: Readonly<Record<string, string>> | undefined;
      }
    | undefined;
}

export interface Fixture {
  /** File and number, for people. */
  name: string;
  match: FixtureMatch;
  answer: FixtureAnswer;
}

/** What fixtures see of a request. */
export interface FixtureRequest {
  /** Default `text`. */
  endpoint?: FixtureEndpoint | undefined;
  file?: string | undefined;
  model: string;
  messages: readonly PromptMessage[];
  /** Names of the tools that are offered. */
  tools: readonly string[];
  /** By lower-case name; undefined where no request was sent, as for a run. */
  headers?: ReadonlyMap<string, string> | undefined;
  /** The schema that the answer must follow. */
  schema?: { name?: string | undefined; schema: JsonSchema } | undefined;
}

/** What is said, and how long that takes. */
export interface FixtureScript extends Script {
  readonly pace?: OwnPace;
}

/** How a server uses its fixtures. */
export interface FixtureOptions {
  /** A request that none matches is refused. */
  strict?: boolean;
  /** Simulated time that passes in a unit of real time. Default 1. */
  timeScale?: number;
  /** Of {@link shareFixtureCalls}. Default the fixtures' own. */
  calls?: SharedArrayBuffer | undefined;
}

/** Memory in which all threads of a server count the calls of each fixture together. */
export const shareFixtureCalls = (fixtures: readonly Fixture[] = []): SharedArrayBuffer | undefined =>
  fixtures.some(({ match }) => match.call !== undefined)
    ? new SharedArrayBuffer(fixtures.length * Int32Array.BYTES_PER_ELEMENT)
    : undefined;

/** See the file's head. The first that matches counts. */
export class Fixtures {
  readonly #fixtures: readonly Fixture[];
  readonly #strict: boolean;
  readonly #timeScale: number;
  /** Per fixture: requests that all but `call` held for. */
  readonly #calls: Int32Array | undefined;

  constructor(fixtures: readonly Fixture[], options: FixtureOptions = {}) {
    const { strict = false, timeScale = 1, calls = shareFixtureCalls(fixtures) } = options;
    this.#fixtures = fixtures;
    this.#strict = strict;
    this.#timeScale = timeScale;
    this.#calls = calls && new Int32Array(calls);
  }

  /**
   * The answer to a request, if a fixture has it. Counts the request: ask once for each.
   *
   * @throws ApiError that the fixture is; 404 `no_fixture` that names the nearest one, when there must be one
   */
  answerTo(ask: FixtureRequest): FixtureScript | undefined {
    const answer = this.find(ask);
    if (!answer) return undefined;
    const { text, reasoning, refusal, toolCalls } = answer;
    const pace = this.paceOf(answer);
    return { text, reasoning, refusal, calls: toolCalls?.map(callOf), ...(pace && { pace }) };
  }

  /** The same, as it is written; of endpoints other than `text` there need not be one unless there are some for them. */
  find(ask: FixtureRequest): FixtureAnswer | undefined {
    const endpoint = ask.endpoint ?? 'text';
    let found: Fixture | undefined;
    let isMeant = endpoint === 'text';
    const misses: Miss[] = [];
    for (const [i, fixture] of this.#fixtures.entries()) {
      if ((fixture.match.endpoint ?? 'text') !== endpoint) continue;
      isMeant = true;
      // Those that count calls count those too that an earlier fixture answers.
      if (found && fixture.match.call === undefined) continue;
      const failed = this.#failed(fixture, i, ask);
      if (failed.length === 0) found ??= fixture;
      else if (this.#strict) misses.push({ fixture, failed });
    }
    if (!found && this.#strict && isMeant) throw noFixture(misses, ask.messages.at(-1)?.text ?? '');
    if (!found) return undefined;
    const answer = found.answer.template ? answerFor(found.answer, found.match, ask) : found.answer;
    const { error, delay = 0 } = answer;
    if (error) throw errorOf(error, delay / this.#timeScale);
    return answer;
  }

  /** How long an answer takes in real time; undefined when it does not say. */
  paceOf({ delay, ttft, itl }: FixtureAnswer): OwnPace | undefined {
    if (delay === undefined && ttft === undefined && itl === undefined) return undefined;
    const scaled = (ms: number | undefined): number | undefined => ms && ms / this.#timeScale;
    return { delayMs: scaled(delay), ttftMs: scaled(ttft), itlMs: scaled(itl) };
  }

  /** What does not hold, for people. */
  #failed({ match }: Fixture, index: number, ask: FixtureRequest): string[] {
    const failed = conditions(match, ask).flatMap(([what, holds]: Condition) => (holds ? [] : [what]));
    if (failed.length > 0 || match.call === undefined) return failed;
    const call = Atomics.add(this.#calls!, index, 1) + 1;
    return call === match.call ? [] : [`this is call ${call} of it, not ${match.call}`];
  }
}

const callOf = ({ name, arguments: given }: { name: string; arguments: unknown }) => ({
  name,
  arguments: typeof given === 'string' ? given : JSON.stringify(given ?? {}),
});

function noFixture(misses: readonly Miss[], text: string): ApiError {
  const nearest = nearestMiss(misses, text);
  const why = nearest
    ? ` The nearest is ${nearest.fixture.name}, but ${nearest.failed.join(', and ')}.`
    : ' There is none at all.';
  return new ApiError({
    status: 404,
    code: 'no_fixture',
    message: `No fixture matches this request.${why}`,
  });
}

function errorOf(error: NonNullable<FixtureAnswer['error']>, delayMs: number): ApiError {
  const { status, message, type, code, headers = {} } = error;
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return new ApiError({
    status,
    message,
    ...(type !== undefined && { type }),
    code: code ?? null,
    headers: lines.join(''),
    delayMs,
  });
}
