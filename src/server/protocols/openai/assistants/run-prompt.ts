/** What a run asks the model: the assistant's instructions, the thread, and what its own tools have given so far. */
import type { ToolChoice, ToolSpec } from '../../../../simulator/content/tool-choice.js';
import type { MediaPart } from '../../../../simulator/prompt/media-tokens.js';
import type { ModelInfo } from '../../../../simulator/models/model.js';
import type { ServerContext } from '../../../context.js';
import type { Store } from '../../../store/store.js';
import { isGreedy } from '../../../text/greedy.js';
import { traitsOf } from '../../../text/model-traits.js';
import type { PromptMessage, PromptTokens } from '../../../text/prompt.js';
import { countAsk, PLAIN_OPTIONS, type TextAsk } from '../../../text/text-model.js';
import { fitWindow } from '../../../text/window.js';
import { jsonSchemaFormat } from '../chat/format.js';
import { effortOf } from '../chat/model-rules.js';
import { invalid } from '../errors.js';
import { contentOf, FILES } from '../files/file-records.js';
import { MAX_COMPLETION_TOKENS } from '../lengths.js';
import { refuseThread } from '../media-rules.js';
import { checkSchema } from '../schemas.js';
import {
  type KeptRun,
  MESSAGES,
  type Run,
  type RunStep,
  type ThreadMessage,
  type ToolCallBody,
} from './records.js';

/** Most messages of a thread that a run reads. */
const MAX_MESSAGES = 10_000;
/** Bytes of an image that are looked at for its size. */
const IMAGE_BYTES = 256 * 1024;

/** The limit of the run that a turn would exceed. */
export type RunLimit = 'max_prompt_tokens' | 'max_completion_tokens';

/** What is asked in a turn. */
export interface RunPrompt {
  ask: TextAsk;
  prompt: PromptTokens;
  /** Messages of the thread, before any were left out. */
  threadMessages: number;
}

/**
 * Puts it together; or says which limit of the run leaves no room.
 *
 * @param steps - of the run, in order
 */
export async function runPrompt(
  context: ServerContext,
  store: Store,
  run: KeptRun,
  steps: readonly RunStep[],
): Promise<RunPrompt | RunLimit> {
  const model = context.models.of(run.model, 'chat');
  const used = run.usage ?? { prompt_tokens: 0, completion_tokens: 0 };
  const limit =
    run.max_completion_tokens === null ? undefined : run.max_completion_tokens - used.completion_tokens;
  if (limit !== undefined && limit < 1) return 'max_completion_tokens';
  const thread = await threadMessages(store, run);
  refuseThread(thread, model);
  const given = steps.flatMap(toolMessages);
  const ask: TextAsk = {
    model: run.model,
    messages: [],
    n: 1,
    seed: undefined,
    greedy: isGreedy(run),
    temperature: run.temperature ?? undefined,
    topP: run.top_p ?? undefined,
    maxTokens: limit ?? MAX_COMPLETION_TOKENS,
    minTokens: 0,
    ignoreEos: false,
    stop: [],
    options: optionsOf(run, model, given.length > 0),
  };
  const budget = run.max_prompt_tokens === null ? Infinity : run.max_prompt_tokens - used.prompt_tokens;
  const kept = fitThread(
    context,
    run,
    ask,
    thread,
    given,
    Math.min(budget, model.contextTokens - (limit ?? 1)),
  );
  ask.messages = kept;
  const prompt = countAsk(ask, context.counter);
  if (prompt.total > budget) return 'max_prompt_tokens';
  ask.maxTokens = fitWindow(model, ask, {
    promptTokens: prompt.total,
    // Of a run's limit, what the model can make of it is enough: it is for all turns together.
    limit: limit && Math.min(limit, model.outputTokens || limit, MAX_COMPLETION_TOKENS),
    limitName: 'max_completion_tokens',
    promptName: 'messages',
  });
  return { ask, prompt, threadMessages: thread.length };
}

function optionsOf(run: KeptRun, model: ModelInfo, afterTools: boolean): TextAsk['options'] {
  const tools = functionsOf(run.tools);
  const format = formatOf(run.response_format);
  const effort = effortOf(
    (run.reasoning_effort ?? undefined) as Parameters<typeof effortOf>[0],
    traitsOf(model),
  );
  if (tools.length === 0 && format.type === 'text' && effort === 'none') return undefined;
  return {
    ...PLAIN_OPTIONS,
    tools,
    toolChoice: afterTools && run.tool_choice !== 'none' ? 'auto' : choiceOf(run.tool_choice),
    parallelToolCalls: run.parallel_tool_calls,
    format,
    effort,
  };
}

/**
 * The messages that are sent. With the truncation `auto`, messages in the middle of the thread are left out until the
 * rest fits: the first one stays, and so do as many of the latest as can.
 */
function fitThread(
  context: ServerContext,
  run: Run,
  ask: TextAsk,
  thread: readonly PromptMessage[],
  given: readonly PromptMessage[],
  mostTokens: number,
): PromptMessage[] {
  const system: PromptMessage = { role: 'system', name: undefined, text: run.instructions };
  const all = [system, ...thread, ...given];
  const total = (messages: readonly PromptMessage[]): number =>
    countAsk({ ...ask, messages }, context.counter).total;
  if (run.truncation_strategy.type !== 'auto' || thread.length < 2 || total(all) <= mostTokens) return all;
  const nothing = total([]);
  const sizeOf = (message: PromptMessage): number => total([message]) - nothing;
  let room = mostTokens - total([system, ...given]);
  const [first, ...others] = thread as [PromptMessage, ...PromptMessage[]];
  // What was said last is asked now, and stays whatever it takes.
  const kept = [others.pop()!];
  room -= sizeOf(kept[0]!);
  const isFirstKept = room >= sizeOf(first);
  if (isFirstKept) room -= sizeOf(first);
  while (others.length > 0 && room >= sizeOf(others.at(-1)!)) {
    room -= sizeOf(others.at(-1)!);
    kept.unshift(others.pop()!);
  }
  return [system, ...(isFirstKept ? [first] : []), ...kept, ...given];
}

async function threadMessages(store: Store, run: KeptRun): Promise<PromptMessage[]> {
  const { type, last_messages: last } = run.truncation_strategy;
  const limit = type === 'last_messages' ? (last ?? 1) : MAX_MESSAGES;
  const index = { name: 'thread', group: run.thread_id };
  // What this run is saying itself is not there yet.
  const where = (message: ThreadMessage): boolean => message.run_id !== run.id && message.content.length > 0;
  const { data } = await store.list(MESSAGES, { limit, order: 'desc', index, where });
  return Promise.all(data.toReversed().map((message) => promptOf(store, message)));
}

async function promptOf(store: Store, { role, content }: ThreadMessage): Promise<PromptMessage> {
  let text = '';
  const media: MediaPart[] = [];
  for (const part of content) {
    if (part.type === 'text') text += part.text.value;
    else if (part.type === 'image_url')
      media.push({ kind: 'image', url: part.image_url.url, detail: part.image_url.detail ?? 'auto' });
    else {
      const url = await imageUrl(store, part.image_file.file_id);
      media.push({ kind: 'image', url, detail: part.image_file.detail ?? 'auto' });
    }
  }
  return { role, name: undefined, text, ...(media.length > 0 && { media }) };
}

/** The beginning of an image, which has its size. */
async function imageUrl(store: Store, id: string): Promise<string> {
  const file = await store.get(FILES, id);
  const bytes = file ? await contentOf(store, file) : Buffer.alloc(0);
  return `data:application/octet-stream;base64,${bytes.subarray(0, IMAGE_BYTES).toString('base64')}`;
}

/** What the calls of a step said and gave. */
function toolMessages({ step_details: details, status }: RunStep): PromptMessage[] {
  if (details.type !== 'tool_calls' || status !== 'completed') return [];
  return details.tool_calls.flatMap((call) => {
    const [asked, result] = spoken(call);
    return [
      { role: 'assistant', name: undefined, text: asked },
      // Only the results of functions make a model answer: after a search it can still call them.
      { role: call.type === 'function' ? 'tool' : 'system', name: undefined, text: result },
    ];
  });
}

function spoken(call: ToolCallBody): [asked: string, result: string] {
  switch (call.type) {
    case 'function':
      return [call.function.name + call.function.arguments, call.function.output ?? ''];
    case 'code_interpreter':
      return [call.code_interpreter.input, call.code_interpreter.outputs.map(({ logs }) => logs).join('')];
    case 'file_search':
      return [
        call.type,
        call.file_search.results.map(({ content }) => content?.[0]?.text ?? '').join('\n\n'),
      ];
  }
}

/** The functions among the tools. */
export function functionsOf(tools: Run['tools']): ToolSpec[] {
  return tools.flatMap((tool) => {
    if (tool.type !== 'function') return [];
    const { name, description, parameters } = tool.function;
    return [{ type: 'function', name, description: description ?? '', parameters: parameters ?? {} }];
  });
}

/**
 * Checks what `tools` and `tool_choice` say.
 *
 * @throws ApiError for a schema that cannot be followed, or a choice of something that is not there
 */
export function checkTools(tools: Run['tools'], choice: Run['tool_choice'] = 'auto'): void {
  for (const [i, tool] of tools.entries()) {
    if (tool.type !== 'function') continue;
    const { name, parameters, strict } = tool.function;
    const use = { param: `tools[${i}].function.parameters`, what: `function '${name}'` };
    if (strict === true || Object.keys(parameters ?? {}).length > 0)
      checkSchema({ type: 'object', ...parameters }, strict === true, {
        ...use,
        code: 'invalid_function_parameters',
      });
  }
  if (typeof choice === 'string') {
    if (choice !== 'required' || tools.length > 0) return;
    throw invalid('tool_choice', null, "Tool choice 'required' must be specified with 'tools' parameter.");
  }
  const name = choice.function?.name;
  const isThere = tools.some((tool) =>
    tool.type === 'function' ? tool.function.name === name : tool.type === choice.type,
  );
  const missing = name ?? choice.type;
  if (!isThere)
    throw invalid(
      'tool_choice',
      null,
      `Tool choice '${missing.slice(0, 100)}' not found in 'tools' parameter.`,
    );
}

function choiceOf(choice: Run['tool_choice']): ToolChoice {
  if (typeof choice === 'string') return choice;
  return choice.function ? { names: [choice.function.name] } : 'auto';
}

/** The form of the answer. */
export function formatOf(format: unknown): (typeof PLAIN_OPTIONS)['format'] {
  const { type, json_schema: json } = (format ?? {}) as {
    type?: string;
    json_schema?: { name: string; schema?: Record<string, unknown> | null; strict?: boolean | null };
  };
  if (type === 'json_object') return { type };
  if (type !== 'json_schema' || !json) return { type: 'text' };
  return jsonSchemaFormat(json.schema ?? undefined, json.strict === true, json.name, 'response_format');
}
