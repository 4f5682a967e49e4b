/** What a response asks the model for: its messages, its tools, and the form of what is said. */
import type { ModelInfo } from '../../../../simulator/models/model.js';
import type { ServerContext } from '../../../context.js';
import { isGreedy } from '../../../text/greedy.js';
import type { ModelTraits } from '../../../text/model-traits.js';
import { latestWords, type PromptMessage, type PromptTokens } from '../../../text/prompt.js';
import { quoteFromFiles } from '../../../text/quote.js';
import { countAsk, PLAIN_OPTIONS, type TextAsk, type TextOptions } from '../../../text/text-model.js';
import { fitWindow } from '../../../text/window.js';
import { jsonSchemaFormat, requireWord } from '../chat/format.js';
import { effortOf, VERBOSITY } from '../chat/model-rules.js';
import { readCaching } from '../cache-fields.js';
import { missing } from '../errors.js';
import { readLengths } from '../lengths.js';
import { objectFormat } from '../prompt-schema.js';
import type { ResponseBody, ResponseRequest } from './body.js';
import type { HostedPlan } from './hosted-plans.js';
import type { ResponseTools } from './tools.js';

/**
 * What a response asks the model for.
 *
 * @param messages - all that the prompt has
 * @throws ApiError for a parameter that cannot be followed
 */
export function askOf(
  body: ResponseRequest,
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
  const effort = effortOf(body.reasoning?.effort ?? undefined, traits, 'reasoning.effort', body.model);
  const lengthFactor = VERBOSITY[body.text?.verbosity ?? 'medium'];
  const hosted = plans.map(({ call }) => call);
  const read = plans.flatMap((plan) => plan.read ?? []);
  const leads = plans.flatMap((plan) => plan.lead ?? []);
  const lead = (leads.length > 0 ? leads.join(' ') : quoteFromFiles(messages, latestWords(messages))) ?? '';
  const isPlain =
    tools.shown.length === 0 &&
    tools.tools.length === 0 &&
    hosted.length === 0 &&
    lead === '' &&
    format.type === 'text' &&
    effort === 'none' &&
    lengthFactor === 1;
  const options = (): TextOptions => ({
    ...PLAIN_OPTIONS,
    tools: tools.tools,
    toolChoice: tools.toolChoice,
    parallelToolCalls: body.parallel_tool_calls !== false,
    format,
    effort,
    lengthFactor,
    hosted,
    lead,
    shownTools: tools.shown,
  });
  // Field by field: objects that are spread together cost a microsecond.
  return {
    model: body.model,
    // What the server's tools have found is read before the answer, as one more message.
    messages: [...messages, ...read.map((text) => ({ role: 'assistant', name: undefined, text }))],
    n: 1,
    seed: body.seed ?? undefined,
    greedy: isGreedy(body),
    temperature: body.temperature ?? undefined,
    topP: body.top_p ?? undefined,
    maxTokens: limits.maxTokens,
    minTokens: limits.minTokens,
    ignoreEos,
    stop: [],
    options: isPlain ? undefined : options(),
    caching: readCaching(body),
  };
}

function formatOf(body: ResponseBody, messages: readonly PromptMessage[]): TextOptions['format'] {
  const format = body.text?.format;
  if (!format || format.type === 'text') return { type: 'text' };
  if (format.type === 'json_object') {
    requireWord(messages, 'input', 'text.format');
    return objectFormat(messages);
  }
  if (format.name === undefined) throw missing('text.format.name');
  if (format.schema == null) throw missing('text.format.schema');
  return jsonSchemaFormat(format.schema, format.strict === true, format.name, 'text.format');
}

/** Counts the prompt; with `truncation: "auto"` what is oldest is left out until the rest fits. */
export function fitted(
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
