/** Answers that the user wrote: a request that one matches is answered as it says, in every protocol. */
import { ApiError } from '../protocols/openai/errors.js';
import type { PromptMessage } from './prompt.js';

/** What a request must be like; all that is given must hold. */
export interface FixtureMatch {
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
}

/** What is answered: an error, or thoughts, text and calls. */
export interface FixtureAnswer {
  text?: string | undefined;
  reasoning?: string | undefined;
  refusal?: string | undefined;
  toolCalls?: readonly { name: string; arguments: unknown }[] | undefined;
  error?:
    { status: number; message: string; type?: string | undefined; code?: string | undefined } | undefined;
}

export interface Fixture {
  /** File and number, for people. */
  name: string;
  match: FixtureMatch;
  answer: FixtureAnswer;
}

/** Longest message that patterns are tried on: some take very long for long texts. */
const MAX_PATTERN_TEXT = 20_000;

/** What fixtures see of a request. */
export interface FixtureRequest {
  model: string;
  messages: readonly PromptMessage[];
  /** Names of the tools that are offered. */
  tools: readonly string[];
}

type Condition = [what: string, holds: boolean];

/** See the file's head. The first that matches counts. */
export class Fixtures {
  readonly #fixtures: readonly Fixture[];
  readonly #strict: boolean;

  /** @param strict - a request that none matches is refused */
  constructor(fixtures: readonly Fixture[], strict: boolean) {
    this.#fixtures = fixtures;
    this.#strict = strict;
  }

  /**
   * The answer to a request, if a fixture has it.
   *
   * @throws ApiError that the fixture is; 404 `no_fixture` that names the nearest one, when there must be one
   */
  answerTo(ask: FixtureRequest): FixtureAnswer | undefined {
    const found = this.#fixtures.find(({ match }) => conditions(match, ask).every(([, holds]) => holds));
    if (found?.answer.error) throw errorOf(found.answer.error);
    if (!found && this.#strict) throw this.#noFixture(ask);
    return found?.answer;
  }

  #noFixture(ask: FixtureRequest): ApiError {
    const misses = this.#fixtures.map(({ name, match }) => {
      const failed = conditions(match, ask).filter(([, holds]) => !holds);
      return { name, failed: failed.map(([what]) => what) };
    });
    const [nearest] = misses.toSorted((a, b) => a.failed.length - b.failed.length);
    const why = nearest
      ? ` The nearest is ${nearest.name}, but ${nearest.failed.join(', and ')}.`
      : ' There is none at all.';
    return new ApiError({
      status: 404,
      code: 'no_fixture',
      message: `No fixture matches this request.${why}`,
    });
  }
}

function errorOf({ status, message, type, code }: NonNullable<FixtureAnswer['error']>): ApiError {
  return new ApiError({ status, message, ...(type !== undefined && { type }), code: code ?? null });
}

/** What a fixture asks for, with what is said when it does not hold. */
function conditions(match: FixtureMatch, ask: FixtureRequest): Condition[] {
  const latest = ask.messages.at(-1);
  const text = latest?.text ?? '';
  const shown = JSON.stringify(text.slice(0, 80));
  const all: Condition[] = [];
  if (match.model !== undefined)
    all.push([`the model is "${ask.model}", not "${match.model}"`, ask.model === match.model]);
  if (match.role !== undefined)
    all.push([`the latest role is "${latest?.role}", not "${match.role}"`, latest?.role === match.role]);
  if (match.message !== undefined) all.push([`the latest message is ${shown}`, text === match.message]);
  if (match.contains !== undefined) {
    const holds = text.toLowerCase().includes(match.contains.toLowerCase());
    all.push([`the latest message ${shown} does not contain "${match.contains}"`, holds]);
  }
  if (match.pattern !== undefined) {
    const holds = new RegExp(match.pattern, 'u').test(text.slice(0, MAX_PATTERN_TEXT));
    all.push([`the latest message ${shown} has no match of /${match.pattern}/`, holds]);
  }
  if (match.tool !== undefined)
    all.push([`no tool "${match.tool}" is offered`, ask.tools.includes(match.tool)]);
  return all;
}
