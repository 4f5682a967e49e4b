/** `POST /tokenize`, `POST /detokenize` and `GET /version`, as vLLM has them. */
import * as z from 'zod';
import { packageInfo } from '../../../lib/package-info.js';
import type { ModelInfo } from '../../../simulator/models/model.js';
import type { ServerContext } from '../../context.js';
import type { ApiRequest } from '../../routing/api-request.js';
import type { Reply } from '../../routing/reply.js';
import type { Route } from '../../routing/route.js';
import { longTogether, whenTextsCounted } from '../../text/long-texts.js';
import { traitsOf } from '../../text/model-traits.js';
import { idsText, promptIds } from '../../text/prompt-ids.js';
import { countAsk } from '../../text/text-model.js';
import { isLate, readLateParts } from '../openai/chat/late-parts.js';
import { optionsOf } from '../openai/chat/model-rules.js';
import { type ChatRequest, readChatBody } from '../openai/chat/request.js';
import { check } from '../openai/validation.js';

/** Most ids that are made into a text at once. */
const MAX_IDS = 1_000_000;

const shown = { model: z.string().nullish(), return_token_strs: z.boolean().nullish() };
// The words of a prompt have no marks around them in this vocabulary, whether special tokens are wished for or not.
const promptBody = z.looseObject({ ...shown, prompt: z.string(), add_special_tokens: z.boolean().nullish() });
const chatBody = z.looseObject({ ...shown, messages: z.array(z.unknown()) });
const idsBody = z.looseObject({
  model: z.string().nullish(),
  tokens: z.array(z.int().min(0)).max(MAX_IDS),
});

/** Tokens of texts, and texts of tokens. */
export function tokenizeRoutes(context: ServerContext): Route[] {
  const { models, counter } = context;
  const modelOf = (id: string | null | undefined): ModelInfo => models.info(id ?? models.served[0]!.id);

  /** @returns what is sent */
  const told = (ids: readonly number[], model: ModelInfo, withTexts: boolean): object => ({
    count: ids.length,
    max_model_len: model.contextTokens,
    tokens: ids,
    token_strs: withTexts ? ids.map((id) => idsText([id], counter.tokenizer)) : null,
  });

  const ofPrompt = (body: Record<string, unknown>, reply: Reply): void | Promise<void> => {
    const { model, prompt, return_token_strs: withTexts } = check(promptBody, body);
    const info = modelOf(model);
    return whenTextsCounted(
      counter,
      longTogether([prompt]),
      () => reply.json(told(Array.from(counter.ids(prompt)), info, withTexts === true)),
      () => reply.response.done,
    );
  };

  const ofChat = async (body: Record<string, unknown>, reply: Reply): Promise<void> => {
    const { model, return_token_strs: withTexts } = check(chatBody, body);
    const info = modelOf(model);
    const request = readChatBody({ ...body, model: info.id });
    const release = isLate(request) ? await readLateParts(context, request) : undefined;
    try {
      reply.json(told(chatIds(context, request, info), info, withTexts === true));
    } finally {
      release?.();
    }
  };

  const tokenize = (request: ApiRequest, reply: Reply): void | Promise<void> => {
    const body = request.json();
    return body.messages === undefined ? ofPrompt(body, reply) : ofChat(body, reply);
  };
  const detokenize = (request: ApiRequest, reply: Reply): void => {
    const { model, tokens } = check(idsBody, request.json());
    modelOf(model);
    reply.json({ prompt: idsText(tokens, counter.tokenizer) });
  };
  return [
    { method: 'POST', path: '/tokenize', operationId: 'tokenize', handler: tokenize },
    { method: 'POST', path: '/detokenize', operationId: 'detokenize', handler: detokenize },
    {
      method: 'GET',
      path: '/version',
      operationId: 'version',
      open: true,
      handler: (_request, reply) => reply.json({ version: packageInfo().version }),
    },
  ];
}

/** As many as the prompt's tokens in the usage of an answer to it. */
function chatIds({ counter }: ServerContext, request: ChatRequest, model: ModelInfo): number[] {
  const { messages, extras } = request;
  const unprimedTokens = extras?.unprimedTokens ?? 0;
  const options = optionsOf(extras, traitsOf(model));
  const totalTokens = countAsk({ model: model.id, messages, options }, counter).total - unprimedTokens;
  return promptIds({ messages, totalTokens, unprimedTokens }, counter);
}
