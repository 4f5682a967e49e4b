/**
 * Programs that the model writes to call functions (`programmatic_tool_calling`): the program is one item, the calls in it are
 * the client's to answer, and what it comes to is another item. No program runs: its calls and its result are worked out here.
 */
import { createRandom } from '../../../../lib/random.js';
import { argumentsOf } from '../../../../simulator/content/compose.js';
import {
  bestRelevance,
  chooseTools,
  type ToolChoice,
  type ToolSpec,
} from '../../../../simulator/content/tool-choice.js';
import { invalid } from '../errors.js';
import type { Chosen } from './choice.js';
import type { CallContext } from './client-tools.js';
import { type DeclaredTool, viewOf } from './declared-tools.js';
import type { HostedAsk, HostedPlan } from './hosted-plans.js';
import type { ItemView } from './item-view.js';
import { afterCalls, type Item } from './items.js';
import { seal, unseal } from './sealed.js';

/** Calls of a program. */
export interface Program {
  plan: HostedPlan;
  tools: readonly ToolSpec[];
  views: ReadonlyMap<string, (callId: string) => ItemView>;
}

/** What a `tool_choice` of programs has as its type. */
export const PROGRAMS = 'programmatic_tool_calling';

/** The program that is written, if one is called for: by the choice, or by the user's words where no other tool fits better. */
export function programOf(
  programs: { tools: readonly DeclaredTool[]; isThere: boolean },
  hasHosted: boolean,
  { toolChoice, forced, allowed, tools }: Chosen,
  parallel: boolean,
  context: CallContext,
): Program | undefined {
  const { words, items } = context;
  const may = allowed === undefined || allowed.includes(PROGRAMS);
  if (!programs.isThere || !may || toolChoice === 'none' || typeof toolChoice === 'object') return undefined;
  if (forced === PROGRAMS) return writeProgram(programs.tools, 'required', parallel, context);
  if (forced !== undefined || afterCalls(items)) return undefined;
  const others = tools.filter(({ name }) => !programs.tools.some(({ spec }) => spec.name === name));
  const specs = programs.tools.map(({ spec }) => spec);
  if (bestRelevance(others, words) > bestRelevance(specs, words)) return undefined;
  const must = toolChoice === 'required' && others.length === 0 && !hasHosted;
  return writeProgram(programs.tools, must ? 'required' : 'auto', parallel, context);
}

/** As one of the calls that the server makes itself. */
export const programAsk = (program: HostedPlan): HostedAsk => ({
  kind: 'program',
  tool: { type: PROGRAMS },
  at: '',
  query: '',
  words: '',
  program,
});

/**
 * The program that the model writes; undefined when it writes none.
 *
 * @param callable - tools that programs may call
 * @param choice - among them; `auto` by the user's words
 */
function writeProgram(
  callable: readonly DeclaredTool[],
  choice: ToolChoice,
  parallel: boolean,
  { words, digest, seed }: CallContext,
): Program | undefined {
  const random = createRandom(seed, 'program', digest.high, digest.low);
  const functions = callable.filter(({ spec }) => spec.type === 'function');
  const chosen = chooseTools(
    functions.map(({ spec }) => spec),
    choice,
    parallel,
    words,
    false,
    random,
  );
  if (chosen.length === 0) return undefined;
  const tools = chosen.map((spec) => ({ ...spec, input: argumentsOf(spec, words, random) }));
  const callId = `call_${hex(random, 24)}`;
  const caller = { type: 'program', caller_id: callId };
  const views = new Map(
    tools.map(({ name }) => [
      name,
      viewOf(
        functions.find(({ spec }) => spec.name === name)!,
        caller,
      ),
    ]),
  );
  const code = codeOf(tools);
  return {
    plan: { call: { name: 'program', text: code }, view: () => programView(callId, seed), steps: 0 },
    tools,
    views,
  };
}

const hex = (random: ReturnType<typeof createRandom>, digits: number): string =>
  Array.from({ length: digits }, () => random.int(16).toString(16)).join('');

/** Calls all at once, and says what comes of them. */
function codeOf(tools: readonly ToolSpec[]): string {
  const calls = tools.map(({ name, input }) => `tools.${name}(${input ?? '{}'})`);
  if (calls.length === 1) return `const result = await ${calls[0]!};\ntext(JSON.stringify(result));\n`;
  const lines = calls.map((call) => `  ${call},\n`).join('');
  return `const results = await Promise.all([\n${lines}]);\ntext(JSON.stringify(results));\n`;
}

const programView = (callId: string, seed: number): ItemView => ({
  type: 'program',
  begin: (id) => ({ id, type: 'program', call_id: callId, code: '', fingerprint: '' }),
  done: (code) => ({ code, fingerprint: seal(seed, code) }),
});

/**
 * The end of a program whose calls have just been answered; undefined when none is waiting.
 *
 * @throws ApiError 400 when the program is not there, or was changed
 */
export function endProgram({ items, seed }: Pick<CallContext, 'items' | 'seed'>): HostedPlan | undefined {
  const last = items.at(-1);
  if (last?.type !== 'function_call_output') return undefined;
  const callerOf = (callId: unknown): string | undefined => {
    const call = items.find((item) => item.type === 'function_call' && item.call_id === callId);
    const caller = call?.caller as { type?: unknown; caller_id?: unknown } | null | undefined;
    return caller?.type === 'program' ? String(caller.caller_id) : undefined;
  };
  const callId = callerOf(last.call_id);
  if (callId === undefined) return undefined;
  const program = items.find((item) => item.type === 'program' && item.call_id === callId);
  if (!program)
    throw invalid(
      'input',
      null,
      `No program found for function call with caller_id ${callId.slice(0, 200)}.`,
    );
  checkProgram(program, seed);
  const outputs = items.filter(
    (item) => item.type === 'function_call_output' && callerOf(item.call_id) === callId,
  );
  const result = resultOf(outputs);
  return {
    call: { name: 'program_output', text: '' },
    view: () => outputView(callId, result),
    steps: 0,
    read: result,
  };
}

/** A program comes back as it went. */
function checkProgram({ code, fingerprint }: Item, seed: number): void {
  if (typeof fingerprint === 'string' && unseal(seed, fingerprint) === code) return;
  throw invalid(
    'input',
    'invalid_value',
    "The 'fingerprint' of a program does not fit its code: send both back as they came.",
  );
}

function resultOf(outputs: readonly Item[]): string {
  const values = outputs.map(({ output }) => valueOf(output));
  return JSON.stringify(values.length === 1 ? values[0] : values);
}

/** What a function gave: JSON where it is that. */
function valueOf(output: unknown): unknown {
  if (typeof output !== 'string') return output;
  try {
    return JSON.parse(output);
  } catch {
    return output;
  }
}

const outputView = (callId: string, result: string): ItemView => ({
  type: 'program_output',
  begin: (id) => ({ id, type: 'program_output', call_id: callId, result: '', status: 'incomplete' }),
  done: (_text, complete) => (complete ? { result, status: 'completed' } : { status: 'incomplete' }),
});
