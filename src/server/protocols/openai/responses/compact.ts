/** `POST /v1/responses/compact`: the user's messages as they are, and all the rest as one item. */
import { digestOf } from '../../../../lib/digest.js';
import { senderOf } from '../../../text/sender.js';
import { invalid } from '../errors.js';
import { answerId } from '../ids.js';
import type { OperationHandler } from '../operations.js';
import { workDone } from '../work.js';
import { readResponseBody } from './body.js';
import { compact, sinceCompaction } from './compaction.js';
import type { Item } from './items.js';
import { prepareResponse } from './prepare.js';
import { emptyUsage } from './wire.js';

/** What of a body counts for a compaction. */
const COMPACTED = new Set(['model', 'input', 'previous_response_id', 'instructions', 'prompt_cache_key']);
/** Taken and without effect here. */
const IGNORED = new Set(['prompt_cache_retention', 'prompt_cache_options', 'service_tier']);

/** Roles of messages that are compacted: what the user and the developer said is kept word by word, as at OpenAI. */
const SAID_AGAIN = new Set(['assistant', 'tool']);

/** See the file's head. */
export const compactConversation: OperationHandler = async (context, request, reply) => {
  const raw = request.json();
  const unknown = Object.keys(raw).find((name) => !COMPACTED.has(name) && !IGNORED.has(name));
  if (unknown !== undefined)
    throw invalid(unknown, 'unknown_parameter', `Unknown parameter: '${unknown.slice(0, 100)}'.`);
  const body = readResponseBody({ ...raw, store: false });
  const prepared = await prepareResponse(context, body, senderOf(request, body, context.cacheIsolation), {
    answers: false,
  });
  const { before, input, messages, prompt } = prepared;
  const digest = digestOf(['compaction', ...messages.map(({ role, text }) => role + text)]);
  const isKept = ({ type, role }: Item): boolean => type === 'message' && !SAID_AGAIN.has(String(role));
  const kept = sinceCompaction(context.seed, [...before, ...input]).filter(isKept);
  const rest = messages.filter(({ role }) => SAID_AGAIN.has(role));
  const { item, tokens } = compact(context, rest, digest, false);
  await workDone(context, reply, {
    model: body.model,
    texts: messages.map(({ text }) => text),
    promptTokens: prompt.total,
    steps: tokens,
    endpoint: 'responses',
  });
  const usage = emptyUsage(prepared);
  context.account({
    model: body.model,
    promptTokens: prompt.total,
    cachedTokens: 0,
    completionTokens: tokens,
    endpoint: 'responses',
  });
  reply.json({
    id: answerId(context.seed, 'resp_', digest),
    object: 'response.compaction',
    created_at: Math.floor(context.clock.wallMs() / 1000),
    output: [...kept, item],
    usage: { ...usage, output_tokens: tokens, total_tokens: prompt.total + tokens },
  });
};
