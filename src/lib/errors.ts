/**
 * The one table of everything that fakeai itself can refuse or fail at.
 *
 * Each code has an exit code, a message (what is wrong and where) and a hint (what to do). Errors that belong to a
 * wire protocol (an HTTP 400, say) are values of that protocol and are not in this table.
 */

/** Process exit codes; part of the public contract, listed in the README. */
export const EXIT = {
  ok: 0,
  /** Something failed: target unreachable, port taken, file unreadable. */
  failure: 1,
  /** The command line, an environment variable or a configuration file is wrong. */
  usage: 2,
  /** The run judged itself invalid: its figures must not be used. */
  invalidRun: 3,
  /** A `--slo` was missed; results were written all the same. */
  sloMissed: 99,
  /** Ctrl-C; what was measured was written. */
  interrupted: 130,
} as const;

interface ErrorEntry<P> {
  exitCode: number;
  message: (params: P) => string;
  hint: (params: P) => string;
}

const entry = <P>(exitCode: number, message: (p: P) => string, hint: (p: P) => string): ErrorEntry<P> => ({
  exitCode,
  message,
  hint,
});

/** Every `FAKEAI_*` code. Add a row here rather than throwing a bare Error for anything a user can cause. */
export const ERRORS = {
  FAKEAI_SETTING_INVALID: entry<{ where: string; problem: string; hint?: string }>(
    EXIT.usage,
    (p) => `${p.where}: ${p.problem}`,
    (p) => p.hint ?? 'See docs/reference/configuration.md for every setting and its values.',
  ),
  FAKEAI_SETTING_UNKNOWN: entry<{ where: string; nearest?: string | undefined }>(
    EXIT.usage,
    (p) => `${p.where} is not a setting of fakeai`,
    (p) =>
      p.nearest
        ? `Did you mean ${p.nearest}?`
        : 'See --help of the command, or docs/reference/configuration.md for every setting.',
  ),
  FAKEAI_CONFIG_UNREADABLE: entry<{ path: string; problem: string }>(
    EXIT.usage,
    (p) => `cannot read the configuration file ${p.path}: ${p.problem}`,
    () => 'Give an existing YAML or JSON file with --config.',
  ),
  FAKEAI_SLO_SYNTAX: entry<{ setting?: string; expression: string; problem: string; hint: string }>(
    EXIT.usage,
    (p) => `${p.setting ?? '--slo'} '${p.expression}': ${p.problem}`,
    (p) => p.hint,
  ),
  FAKEAI_TRACE_INVALID: entry<{ path: string; line: number; field?: string | undefined; problem: string }>(
    EXIT.usage,
    (p) => `${p.path}:${p.line}: ${p.field === undefined ? 'the line' : `field "${p.field}"`} ${p.problem}`,
    () => 'Nothing was sent. Correct the line, or choose the right --format.',
  ),
  FAKEAI_DATA_INVALID: entry<{ path: string; line: number; field?: string | undefined; problem: string }>(
    EXIT.usage,
    (p) => `${p.path}:${p.line}: ${p.field === undefined ? 'the line' : `field "${p.field}"`} ${p.problem}`,
    () => 'Nothing was sent. Correct the file, or say what format it has; docs/workloads.md has them all.',
  ),
  FAKEAI_DATA_UNUSABLE: entry<{ path: string; problem: string }>(
    EXIT.usage,
    (p) => `${p.path} ${p.problem}`,
    () => 'Nothing was sent. docs/workloads.md says what files can hold, and how much.',
  ),
  FAKEAI_MODELS_INVALID: entry<{ path: string; problem: string }>(
    EXIT.usage,
    (p) => `--models ${p.path}: ${p.problem}`,
    () => 'docs/models.md says how models are described.',
  ),
  FAKEAI_FIXTURES_INVALID: entry<{ path: string; problem: string }>(
    EXIT.usage,
    (p) => `fixtures ${p.path}: ${p.problem}`,
    () => 'docs/fixtures.md says how fixtures are written.',
  ),
  FAKEAI_PROMPTS_INVALID: entry<{ path: string; problem: string }>(
    EXIT.usage,
    (p) => `--prompts ${p.path}: ${p.problem}`,
    () => 'docs/api/responses.md says how prompt templates are written.',
  ),
  FAKEAI_MODELS_UNLISTED: entry<{ url: string; problem: string }>(
    EXIT.failure,
    (p) => `cannot list the models of ${p.url}: ${p.problem}`,
    () => 'Check the URL and the key.',
  ),
  FAKEAI_SERVER_UNREACHABLE: entry<{ url: string; problem: string }>(
    EXIT.failure,
    (p) => `cannot ask ${p.url}: ${p.problem}`,
    () => "Start a server with 'fakeai server', or say where one runs with --url.",
  ),
  FAKEAI_SERVER_FOREIGN: entry<{ url: string; problem: string }>(
    EXIT.failure,
    (p) => `${p.url} does not answer as a fakeai server does: ${p.problem}`,
    () => 'Give the base URL of a server that was started with fakeai server.',
  ),
  FAKEAI_TRACE_EMPTY: entry<{ path: string }>(
    EXIT.usage,
    (p) => `${p.path} has no rows`,
    () => 'Give a trace with at least one request.',
  ),
  FAKEAI_TRACE_FORMAT_UNKNOWN: entry<{ path: string; problem: string }>(
    EXIT.usage,
    (p) => `cannot tell the format of ${p.path}: ${p.problem}`,
    () =>
      'Give a trace of Mooncake or Bailian (JSONL), or of Azure or BurstGPT (CSV with its header); --format forces one.',
  ),
  FAKEAI_TRACE_TOO_LARGE: entry<{ path: string; line: number; problem: string }>(
    EXIT.usage,
    (p) => `${p.path}:${p.line}: the trace has more than ${p.problem}`,
    () => 'Play a part of it with --limit.',
  ),
  FAKEAI_FILE_UNREADABLE: entry<{ path: string; problem: string }>(
    EXIT.failure,
    (p) => `cannot read ${p.path}: ${p.problem}`,
    () => 'Check the path and its permissions.',
  ),
  FAKEAI_FILE_UNWRITABLE: entry<{ path: string; problem: string }>(
    EXIT.failure,
    (p) => `cannot write ${p.path}: ${p.problem}`,
    () => 'Check that the folder exists and can be written to.',
  ),
  FAKEAI_RUN_FILE_INVALID: entry<{ path: string; problem: string }>(
    EXIT.failure,
    (p) => `${p.path} is not a fakeai run file: ${p.problem}`,
    () => 'Make one with: fakeai bench --output json=run.json',
  ),
  FAKEAI_CALIBRATION_UNFIT: entry<{ path: string; problem: string }>(
    EXIT.failure,
    (p) => `no profile can be made of ${p.path}: ${p.problem}`,
    () => 'Give the requests of a run (fakeai bench --output requests=FILE), or a run file.',
  ),
  FAKEAI_RULE_SYNTAX: entry<{ expression: string; problem: string; hint: string }>(
    EXIT.usage,
    (p) => `--fail-if '${p.expression}': ${p.problem}`,
    (p) => p.hint,
  ),
  FAKEAI_PLANS_DIFFER: entry<{ base: string; other: string; keys: string[]; hint: string }>(
    EXIT.usage,
    (p) => `${p.base} and ${p.other} are runs of different plans: ${p.keys.join(', ')} differ`,
    (p) => p.hint,
  ),
  FAKEAI_SHARDS_UNFIT: entry<{ problem: string; hint: string }>(
    EXIT.usage,
    (p) => `these runs cannot be merged: ${p.problem}`,
    (p) => p.hint,
  ),
  FAKEAI_PORT_IN_USE: entry<{ host: string; port: number }>(
    EXIT.failure,
    (p) => `${p.host}:${p.port} is already in use`,
    () => 'Stop the other program, or choose another port with --port (0 takes any free one).',
  ),
  FAKEAI_SERVER_COMMAND_FAILED: entry<{ command: string; problem: string; said: string }>(
    EXIT.failure,
    (p) => `the server "${p.command}" ${p.problem}`,
    (p) =>
      p.said === ''
        ? 'It printed nothing. Run the command by itself to see what it does.'
        : `The last that it printed:\n${p.said.replaceAll(/^/gm, '  | ')}`,
  ),
  FAKEAI_INTERRUPTED: entry<{ before: string }>(
    EXIT.interrupted,
    (p) => `interrupted before ${p.before}`,
    () => 'Nothing was measured.',
  ),
  FAKEAI_LISTEN_FAILED: entry<{ host: string; port: number; problem: string }>(
    EXIT.failure,
    (p) => `cannot listen on ${p.host}:${p.port}: ${p.problem}`,
    () => 'Give an address of this machine with --host and a port that you may use with --port.',
  ),
  FAKEAI_NO_MODEL: entry<{ url: string; kind: string; problem: string }>(
    EXIT.failure,
    (p) => `cannot find out which model to ask for: ${p.url}: ${p.kind}: ${p.problem}`,
    () => 'Name the model with --model; check the URL and the key.',
  ),
  FAKEAI_ALL_REQUESTS_FAILED: entry<{ target: string; count: number; kind: string; example: string }>(
    EXIT.failure,
    (p) =>
      `all ${p.count} requests to ${p.target} failed; the most frequent error is ${p.kind}: ${p.example}`,
    () => 'Check the URL, the key and the model; one curl to the same address shows more.',
  ),
  FAKEAI_SIMULATION_FAILED: entry<{ count: number; kind: string; example: string }>(
    EXIT.failure,
    (p) => `all ${p.count} simulated requests failed; the most frequent error is ${p.kind}: ${p.example}`,
    () => 'Simulate more or larger replicas, shorter requests, or a longer --timeout.',
  ),
  FAKEAI_THREAD_CRASHED: entry<{ room: string; problem: string }>(
    EXIT.failure,
    (p) => `a ${p.room} thread stopped unexpectedly: ${p.problem}`,
    () => 'This is a defect of fakeai; please report it with the command that you ran.',
  ),
} as const;

export type ErrorCode = keyof typeof ERRORS;
type ParamsOf<C extends ErrorCode> = Parameters<(typeof ERRORS)[C]['message']>[0];

/** An error that a user can understand and act on; rendered as message and hint, never as a stack trace. */
export class FakeaiError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'FakeaiError';
  readonly code: C;
  readonly hint: string;
  readonly exitCode: number;

  constructor(code: C, params: ParamsOf<C>, options?: { cause?: unknown }) {
    const row = ERRORS[code] as ErrorEntry<ParamsOf<C>>;
    super(row.message(params), options);
    this.code = code;
    this.hint = row.hint(params);
    this.exitCode = row.exitCode;
  }
}

/** The message of anything that was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
