/** From the body of a response to what is to be answered, with all that was said before. */
import { type Digest, digestOf } from '../../../../lib/digest.js';
import type { ModelInfo } from '../../../../simulator/models/model.js';
import type { ServerContext } from '../../../context.js';
import { newId } from '../../../store/new-id.js';
import { type ModelTraits, traitsOf } from '../../../text/model-traits.js';
import { digestPrompt, latestWords, type PromptMessage, type PromptTokens } from '../../../text/prompt.js';
import { findScript, type TextAsk } from '../../../text/text-model.js';
import { longTexts } from '../../../text/long-texts.js';
import type { Sender } from '../../../text/sender.js';
import { takesVerbosity } from '../chat/own-models.js';
import { checkRetention, checkSampling, effortOf } from '../chat/model-rules.js';
import { invalid } from '../errors.js';
import { fetchFileParts, hasFileParts } from '../files/stored-parts.js';
import { requirePrefix } from '../id-prefixes.js';
import { answerId } from '../ids.js';
import { refuseUnknownFields } from '../known-fields.js';
import { refuseInput } from '../media-rules.js';
import { askOf, fitted } from './ask.js';
import type { ResponseBody, ResponseRequest } from './body.js';
import { afterCompaction, compact, type Compaction, sinceCompaction, thresholdOf } from './compaction.js';
import { checkItem, refuseTwice } from './check-item.js';
import { type HostedPlan, planHosted } from './hosted-plans.js';
import { checkCalls, type Item, itemId, keptItemId, normalized } from './items.js';
import { unreachable } from './mcp.js';
import type { Moderated } from './moderated.js';
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
  body: ResponseRequest;
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
  /** Nothing is said: it was compacted only, or it fails. */
  isSilent: boolean;
  /** What moderation says of it. */
  moderated?: Moderated;
  /** Why it fails. */
  failure: string | undefined;
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
  body: ResponseRequest,
  sender: Sender = {},
  how: PrepareOptions = {},
): Promise<PreparedResponse> {
  const { models, clock, seed } = context;
  if (!models.knows(body.model)) {
    const message = `The requested model '${body.model.slice(0, 200)}' does not exist.`;
    throw invalid('model', 'model_not_found', message);
  }
  const model = models.of(body.model, 'responses');
  const traits = traitsOf(model);
  if (
    traits.isStrict &&
    effortOf(body.reasoning?.effort ?? undefined, traits, 'reasoning.effort', body.model) !== 'none'
  )
    checkSampling(body);
  checkRetention(model.id, body.prompt_cache_retention, 'invalid_parameter');
  checkVerbosity(body, model);
  const before = await earlier(context, body, how);
  const stored = body.store !== false;
  const raw = normalized(body.input ?? [], () => '');
  const resolved = await resolveReferences(context.store, raw, before.items);
  if (how.id === undefined) refuseTwice([...before.items, ...resolved]);
  const compactsOnly = endsInTrigger(resolved);
  const items = sinceCompaction(seed, [...before.items, ...resolved]);
  const read = readMessages(context, body, items, how);
  refuseInput(read, model);
  const messages = hasFileParts(read) ? await fetchFileParts(context, read) : read;
  const said = digestPrompt(body.model, messages, body.seed ?? undefined);
  const tools = readTools(body, {
    words: latestWords(messages).slice(-MAX_WORDS),
    items,
    digest: said,
    seed,
  });
  // Last: what is missing explains more than what is too much. What was begun before was checked then.
  if (how.id === undefined) refuseUnknownFields('responses', body);
  const include = new Set<string>(body.include ?? []);
  const failure = tools.servers.find(({ problem }) => problem !== undefined)?.problem;
  const isSilent = compactsOnly || failure !== undefined || how.answers === false;
  if (failure !== undefined && body.stream !== true && body.background !== true) throw unreachable(failure);
  const plans = isSilent ? [] : await planHosted({ context, digest: said, include, items }, tools.hosted);
  const ask = askOf(body, traits, messages, tools, plans);
  const release = await context.counter.hold(longTexts(messages));
  let prompt: PromptTokens;
  try {
    prompt = fitted(context, body, model, ask);
  } finally {
    release();
  }
  const compaction = compacted(context, body, model, ask, prompt, compactsOnly);
  // Prepared twice when it is kept, and yet one call of a fixture: of what the client said last.
  ask.script = isSilent ? null : findScript(context, { ...ask, messages }, sender);
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
  return {
    before: before.items,
    conversationId: before.conversationId,
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
    failure,
    isSilent: compactsOnly || failure !== undefined,
  };
}

/**
 * Whether the input asks for a compaction and nothing else.
 *
 * @throws ApiError 400 when something comes behind that
 */
function endsInTrigger(items: readonly Item[]): boolean {
  const at = items.findIndex(({ type }) => type === 'compaction_trigger');
  if (at < 0) return false;
  if (at === items.length - 1) return true;
  throw invalid(`input[${at}]`, 'invalid_value', "'compaction_trigger' must be the final input item.");
}

/** @throws ApiError 400 for more or fewer words than the model can be asked for */
function checkVerbosity({ model: name, text }: ResponseRequest, model: ModelInfo): void {
  if (text?.verbosity == null || takesVerbosity(model, text.verbosity)) return;
  const message = `Unsupported value: '${text.verbosity}' is not supported with the '${name.slice(0, 200)}' model. Supported values are: 'medium'.`;
  throw invalid('text.verbosity', 'unsupported_value', message);
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
  if (previousId != null) {
    requirePrefix('previous_response_id', previousId, 'resp');
    return { items: await itemsBefore(context.store, previousId, recent), conversationId: undefined };
  }
  if (conversation == null) return { items: [], conversationId: undefined };
  const conversationId = typeof conversation === 'string' ? conversation : conversation.id;
  requirePrefix(
    typeof conversation === 'string' ? 'conversation' : 'conversation.id',
    conversationId,
    'conv',
  );
  const store = await context.store();
  await requireConversation(store, conversationId);
  const items = await itemsOf(store, conversationId);
  // What was begun before has its input in the conversation already.
  const own = id !== undefined && Array.isArray(body.input) ? body.input.map((item) => item.id) : [];
  return { items: items.filter((item) => !own.includes(item.id)), conversationId };
}

function readMessages(
  { seed }: ServerContext,
  body: ResponseRequest,
  items: readonly Item[],
  { answers }: PrepareOptions,
): PromptMessage[] {
  // Errors name places of the input: what was said before has been checked when it was said.
  const own = Array.isArray(body.input) ? body.input.length : 1;
  const earlierItems = items.length - own;
  for (const [i, item] of items.entries())
    if (i >= earlierItems) checkItem(item, `input[${i - earlierItems}]`);
  if (answers !== false) checkCalls(items);
  const messages = instructionsOf(body, seed);
  for (const [i, item] of items.entries()) {
    const at = i - earlierItems;
    const message = readItem(item, at < 0 ? `previous[${i}]` : `input[${at}]`, seed);
    if (message) messages.push(message);
  }
  return messages;
}

/** What is said before all items, and is not carried over to the next response. */
function instructionsOf({ instructions, template }: ResponseRequest, seed: number): PromptMessage[] {
  if (template)
    return template.flatMap((item, i) => readItem({ ...item, id: '' }, `prompt.messages[${i}]`, seed) ?? []);
  return instructions ? [{ role: 'developer', name: undefined, text: instructions }] : [];
}

/** Compacts what comes to more tokens than `context_management` allows, and has the rest answered. */
function compacted(
  { seed, counter }: ServerContext,
  body: ResponseRequest,
  model: ModelInfo,
  ask: TextAsk,
  { total }: PromptTokens,
  isAsked: boolean,
): Compaction | undefined {
  const threshold = isAsked ? 0 : thresholdOf(body, model.contextTokens);
  if (threshold === undefined || total <= threshold) return undefined;
  // Instructions are sent with each request.
  const instructions = ask.messages.slice(0, body.template?.length ?? (body.instructions ? 1 : 0));
  const said = ask.messages.slice(instructions.length);
  const digest = digestPrompt(ask.model, ask.messages, ask.seed);
  const compaction = compact({ seed, counter }, said, digest, true);
  ask.messages = [...instructions, ...afterCompaction(said, compaction)];
  return compaction;
}
