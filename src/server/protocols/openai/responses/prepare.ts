/** From the body of a response to what is to be answered, with all that was said before. */
import { type Digest, digestOf } from '../../../../lib/digest.js';
import type { ModelInfo } from '../../../../simulator/models/model.js';
import type { ServerContext } from '../../../context.js';
import { newId } from '../../../store/new-id.js';
import { isGreedy } from '../../../text/greedy.js';
import { type ModelTraits, traitsOf } from '../../../text/model-traits.js';
import { digestPrompt, latestWords, type PromptMessage, type PromptTokens } from '../../../text/prompt.js';
import {
  countAsk,
  findScript,
  PLAIN_OPTIONS,
  type TextAsk,
  type TextOptions,
} from '../../../text/text-model.js';
import { longTexts } from '../../../text/long-texts.js';
import type { Sender } from '../../../text/sender.js';
import { fitWindow } from '../../../text/window.js';
import { jsonSchemaFormat, requireWord } from '../chat/format.js';
import { checkSampling, effortOf, VERBOSITY } from '../chat/model-rules.js';
import { missing } from '../errors.js';
import { fetchStoredParts, hasStoredParts } from '../files/stored-parts.js';
import { answerId } from '../ids.js';
import { readLengths } from '../lengths.js';
import type { ResponseBody } from './body.js';
import { afterCompaction, compact, type Compaction, sinceCompaction, thresholdOf } from './compaction.js';
import { type HostedPlan, planHosted } from './hosted-plans.js';
import { checkCalls, type Item, itemId, keptItemId, normalized } from './items.js';
import { readItem } from './read-item.js';
import { resolveReferences } from './references.js';
import { itemsBefore, itemsOf, type RecentResponses, requireConversation } from './records.js';
import { readTools, type ResponseTools } from './tools.js';

/** Characters of the user's latest words that decide what tools do. */
const MAX_WORDS = 8000;

/** A response that can be answered. */
export interface PreparedResponse {
  id: string;
  createdS: number;
  body: ResponseBody & { model: string };
  tools: ResponseTools;
  traits: ModelTraits;
  ask: TextAsk;
  prompt: PromptTokens;
  /** Names its items. */
  digest: Digest;
  /** What was said before. */
  before: readonly Item[];
  /** Its own input. */
  input: Item[];
  /** All that the prompt has. */
  messages: readonly PromptMessage[];
  /** Calls of the server's own tools. */
  plans: readonly HostedPlan[];
  /** What was said before the answer, where that was too long. */
  compaction: Compaction | undefined;
  conversationId: string | undefined;
  stored: boolean;
  sender: Sender;
}

/** See {@link prepareResponse}. */
export interface PrepareOptions {
  recent?: RecentResponses;
  /** Of a response that was begun before; its input is the one that was kept. */
  id?: string;
  /** False where nothing is answered: calls need no outputs, and no tool is called. */
  answers?: boolean;
}

/**
 * Reads what a response goes on from, and checks it all.
 *
 * @throws ApiError when it cannot be answered
 */
export async function prepareResponse(
  context: ServerContext,
  body: ResponseBody & { model: string },
  sender: Sender = {},
  how: PrepareOptions = {},
): Promise<PreparedResponse> {
  const { models, clock, seed } = context;
  const model = models.of(body.model, 'chat');
  const traits = traitsOf(model);
  if (traits.isStrict) checkSampling(body);
  const before = await earlier(context, body, how);
  const stored = body.store !== false;
  const raw = normalized(body.input ?? [], () => '');
  const resolved = await resolveReferences(context.store, raw, before.items);
  const items = sinceCompaction(seed, [...before.items, ...resolved]);
  const read = readMessages(context, body, items, how);
  const messages = hasStoredParts(read) ? await fetchStoredParts(context, read) : read;
  const said = digestPrompt(body.model, messages, body.seed ?? undefined);
  const tools = readTools(body, {
    words: latestWords(messages).slice(-MAX_WORDS),
    items,
    digest: said,
    seed,
  });
  const include = new Set<string>(body.include ?? []);
  const plans =
    how.answers === false ? [] : await planHosted({ context, digest: said, include, items }, tools.hosted);
  const ask = askOf(body, traits, messages, tools, plans);
  const release = await context.counter.hold(longTexts(messages));
  let prompt: PromptTokens;
  try {
    prompt = fitted(context, body, model, ask);
  } finally {
    release();
  }
  const compaction = compacted(context, body, model, ask, prompt);
  // Prepared twice when it is kept, and yet one call of a fixture.
  ask.script = findScript(context, ask, sender);
  const asked = digestPrompt(ask.model, ask.messages, ask.seed);
  const made = (): string | Promise<string> =>
    stored ? newId(context, 'resp_', 48, 'hex') : answerId(seed, 'resp_', asked);
  const id = how.id ?? (await made());
  const digest = digestOf([id]);
  const input = resolved.map((item, i) => ({
    ...item,
    id:
      item.id ||
      (stored ? keptItemId(id, 'input', i, item.type) : itemId(seed, digest, 'input', i, item.type)),
  }));
  const createdS = Math.floor(clock.wallMs() / 1000);
  const { conversationId } = before;
  const known = {
    messages,
    plans,
    compaction,
    id,
    createdS,
    body,
    tools,
    traits,
    ask,
    prompt,
    digest,
    input,
    stored,
    sender,
  };
  return { ...known, before: before.items, conversationId };
}

interface Earlier {
  items: Item[];
  conversationId: string | undefined;
}

async function earlier(
  context: ServerContext,
  body: ResponseBody,
  { recent, id }: PrepareOptions,
): Promise<Earlier> {
  const { previous_response_id: previousId, conversation } = body;
  if (previousId != null)
    return { items: await itemsBefore(context.store, previousId, recent), conversationId: undefined };
  if (conversation == null) return { items: [], conversationId: undefined };
  const conversationId = typeof conversation === 'string' ? conversation : conversation.id;
  const store = await context.store();
  await requireConversation(store, conversationId);
  const items = await itemsOf(store, conversationId);
  // What was begun before has its input in the conversation already.
  const own = id !== undefined && Array.isArray(body.input) ? body.input.map((item) => item.id) : [];
  return { items: items.filter((item) => !own.includes(item.id)), conversationId };
}

function readMessages(
  { seed }: ServerContext,
  body: ResponseBody,
  items: readonly Item[],
  { answers }: PrepareOptions,
): PromptMessage[] {
  if (answers !== false) checkCalls(items);
  const messages: PromptMessage[] = [];
  if (body.instructions) messages.push({ role: 'developer', name: undefined, text: body.instructions });
  // Errors name places of the input: what was said before has been checked when it was said.
  const own = Array.isArray(body.input) ? body.input.length : 1;
  for (const [i, item] of items.entries()) {
    const at = i + own - items.length;
    const message = readItem(item, at < 0 ? `previous[${i}]` : `input[${at}]`, seed);
    if (message) messages.push(message);
  }
  return messages;
}

/** Compacts what comes to more tokens than `context_management` allows, and has the rest answered. */
function compacted(
  { seed, counter }: ServerContext,
  body: ResponseBody,
  model: ModelInfo,
  ask: TextAsk,
  { total }: PromptTokens,
): Compaction | undefined {
  const threshold = thresholdOf(body, model.contextTokens);
  if (threshold === undefined || total <= threshold) return undefined;
  const [first] = ask.messages;
  // Instructions are sent with each request.
  const instructions = body.instructions && first ? [first] : [];
  const said = ask.messages.slice(instructions.length);
  const digest = digestPrompt(ask.model, ask.messages, ask.seed);
  const compaction = compact({ seed, counter }, said, digest, true);
  ask.messages = [...instructions, ...afterCompaction(said, compaction)];
  return compaction;
}

function askOf(
  body: ResponseBody & { model: string },
  traits: ModelTraits,
  messages: PromptMessage[],
  tools: ResponseTools,
  plans: readonly HostedPlan[],
): TextAsk {
  const ignoreEos = body.ignore_eos === true;
  const limits = readLengths({
    limitName: 'max_output_tokens',
    limit: body.max_output_tokens ?? undefined,
    minTokens: body.min_tokens ?? 0,
    ignoreEos,
    n: 1,
  });
  const format = formatOf(body, messages);
  const effort = effortOf(body.reasoning?.effort ?? undefined, traits, 'reasoning.effort');
  const lengthFactor = VERBOSITY[body.text?.verbosity ?? 'medium'];
  const hosted = plans.map(({ call }) => call);
  const isPlain =
    tools.tools.length === 0 &&
    hosted.length === 0 &&
    format.type === 'text' &&
    effort === 'none' &&
    lengthFactor === 1;
  const options: TextOptions = {
    ...PLAIN_OPTIONS,
    tools: tools.tools,
    toolChoice: tools.toolChoice,
    parallelToolCalls: body.parallel_tool_calls !== false,
    format,
    effort,
    lengthFactor,
    hosted,
  };
  return {
    ...limits,
    stop: [],
    model: body.model,
    messages,
    n: 1,
    seed: body.seed ?? undefined,
    greedy: isGreedy(body),
    temperature: body.temperature ?? undefined,
    topP: body.top_p ?? undefined,
    options: isPlain ? undefined : options,
  };
}

function formatOf(body: ResponseBody, messages: readonly PromptMessage[]): TextOptions['format'] {
  const format = body.text?.format;
  if (!format || format.type === 'text') return { type: 'text' };
  if (format.type === 'json_object') {
    requireWord(messages, 'input', 'text.format');
    return { type: 'json_object' };
  }
  if (format.name === undefined) throw missing('text.format.name');
  if (format.schema == null) throw missing('text.format.schema');
  return jsonSchemaFormat(format.schema, format.strict === true, format.name, 'text.format');
}

/** Counts the prompt; with `truncation: "auto"` what is oldest is left out until the rest fits. */
function fitted(
  { counter }: ServerContext,
  body: ResponseBody,
  model: ModelInfo,
  ask: TextAsk,
): PromptTokens {
  const limit = body.max_output_tokens ?? undefined;
  let prompt = countAsk(ask, counter);
  if (body.truncation === 'auto') {
    const messages = [...ask.messages];
    while (messages.length > 1 && prompt.total + (limit ?? 1) > model.contextTokens) {
      messages.shift();
      ask.messages = [...messages];
      prompt = countAsk(ask, counter);
    }
  }
  ask.maxTokens = fitWindow(model, ask, {
    promptTokens: prompt.total,
    limit,
    limitName: 'max_output_tokens',
    promptName: 'input',
  });
  return prompt;
}
