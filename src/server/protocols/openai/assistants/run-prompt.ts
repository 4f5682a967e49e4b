/** What a run asks the model: the assistant's instructions, the thread, and what its own tools have given so far. */
import type { MediaPart } from '../../../../simulator/prompt/media-tokens.js';
import type { ImageDetail } from '../../../../simulator/prompt/image-tokens.js';
import type { ToolChoice, ToolSpec } from '../../../../simulator/content/tool-choice.js';
import type { ServerContext } from '../../../context.js';
import type { Store } from '../../../store/store.js';
import { traitsOf } from '../../../text/model-traits.js';
import type { PromptMessage, PromptTokens } from '../../../text/prompt.js';
import { countAsk, PLAIN_OPTIONS, type TextAsk } from '../../../text/text-model.js';
import { fitWindow } from '../../../text/window.js';
import { jsonSchemaFormat } from '../chat/format.js';
import { effortOf } from '../chat/model-rules.js';
import { MAX_COMPLETION_TOKENS } from '../lengths.js';
import { MESSAGES, type Run, STEPS, type ThreadMessage } from './records.js';

/** Most messages of a thread that a run reads. */
const MAX_MESSAGES = 10_000;
const MAX_STEPS = 1000;

/** Puts it together. */
export async function runPrompt(
  context: ServerContext,
  store: Store,
  run: Run,
): Promise<{ ask: TextAsk; prompt: PromptTokens }> {
  const model = context.models.of(run.model, 'chat');
  const { messages, afterTools } = await messagesOf(store, run);
  const tools = run.tools.flatMap(toolOf);
  const format = formatOf(run.response_format);
  const effort = effortOf(
    (run.reasoning_effort ?? undefined) as Parameters<typeof effortOf>[0],
    traitsOf(model),
  );
  const isPlain = tools.length === 0 && format.type === 'text' && effort === 'none';
  const options = {
    ...PLAIN_OPTIONS,
    tools,
    toolChoice: afterTools ? ('auto' as const) : choiceOf(run.tool_choice),
    parallelToolCalls: run.parallel_tool_calls,
    format,
    effort,
  };
  const limit = run.max_completion_tokens ?? undefined;
  const ask: TextAsk = {
    model: run.model,
    messages,
    n: 1,
    seed: undefined,
    greedy: run.temperature === 0,
    maxTokens: limit ?? MAX_COMPLETION_TOKENS,
    minTokens: 0,
    ignoreEos: false,
    stop: [],
    options: isPlain ? undefined : options,
  };
  const prompt = countAsk(ask, context.counter);
  ask.maxTokens = fitWindow(model, ask, {
    promptTokens: prompt.total,
    limit,
    limitName: 'max_completion_tokens',
    promptName: 'messages',
  });
  return { ask, prompt };
}

async function messagesOf(
  store: Store,
  run: Run,
): Promise<{ messages: PromptMessage[]; afterTools: boolean }> {
  const { type, last_messages: last } = run.truncation_strategy;
  const limit = type === 'last_messages' ? (last ?? 1) : MAX_MESSAGES;
  const index = { name: 'thread', group: run.thread_id };
  const { data } = await store.list(MESSAGES, { limit, order: 'desc', index });
  const messages: PromptMessage[] = [
    { role: 'system', name: undefined, text: run.instructions },
    ...data.toReversed().map(promptOf),
  ];
  const steps = await store.list(STEPS, {
    limit: MAX_STEPS,
    order: 'asc',
    index: { name: 'run', group: run.id },
  });
  let afterTools = false;
  for (const { step_details: details } of steps.data) {
    if (details.type !== 'tool_calls') continue;
    afterTools = true;
    for (const { function: called } of details.tool_calls) {
      messages.push({ role: 'assistant', name: undefined, text: called.name + called.arguments });
      messages.push({ role: 'tool', name: undefined, text: called.output ?? '' });
    }
  }
  return { messages, afterTools };
}

function promptOf({ role, content }: ThreadMessage): PromptMessage {
  let text = '';
  const media: MediaPart[] = [];
  for (const part of content) {
    if (part.type === 'text') text += (part.text as { value: string }).value;
    const image = part.image_url as { url?: unknown; detail?: ImageDetail } | undefined;
    if (typeof image?.url === 'string')
      media.push({ kind: 'image', url: image.url, detail: image.detail ?? 'auto' });
  }
  return { role, name: undefined, text, ...(media.length > 0 && { media }) };
}

function toolOf(tool: Run['tools'][number]): ToolSpec[] {
  const called = tool.function as
    { name: string; description?: string | null; parameters?: Record<string, unknown> | null } | undefined;
  if (!called) return [];
  const { name, description, parameters } = called;
  return [{ type: 'function', name, description: description ?? '', parameters: parameters ?? {} }];
}

function choiceOf(choice: unknown): ToolChoice {
  if (choice === 'none' || choice === 'required' || choice === 'auto') return choice;
  const name = (choice as { function?: { name: string } } | null)?.function?.name;
  return name === undefined ? 'auto' : { names: [name] };
}

function formatOf(format: unknown): (typeof PLAIN_OPTIONS)['format'] {
  const { type, json_schema: json } = (format ?? {}) as {
    type?: string;
    json_schema?: { name: string; schema?: Record<string, unknown> | null; strict?: boolean | null };
  };
  if (type === 'json_object') return { type };
  if (type !== 'json_schema' || !json) return { type: 'text' };
  return jsonSchemaFormat(json.schema ?? undefined, json.strict === true, json.name, 'response_format');
}
