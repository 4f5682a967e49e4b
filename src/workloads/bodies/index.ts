/** How the bodies of a plan are written. */
import type { Content, ContentRequest } from '../content.js';
import type { Plan } from '../plan.js';
import { chatBodyWriter, type TextBodyWriter } from './chat.js';
import { itemBodies } from './items.js';
import { rawBodyWriter } from './raw.js';
import { completionsBodyWriter, messagesBodyWriter, plainText, responsesBodyWriter } from './text.js';

/** Writes the body of a request for text. */
function textBodyWriter(plan: Plan): TextBodyWriter {
  switch (plan.endpoint) {
    case 'completions':
      return completionsBodyWriter(plan);
    case 'responses':
      return responsesBodyWriter(plan);
    case 'messages':
      return messagesBodyWriter(plan);
    case 'raw':
      return rawBodyWriter(plan, plan.endpointOptions?.raw?.template ?? '{{prompt}}');
    default:
      return chatBodyWriter(plan);
  }
}

/**
 * Puts members behind those of a body; of two with one name the last one counts.
 *
 * @param members - with a comma before each
 */
export const withMembers =
  (write: TextBodyWriter, members: string): TextBodyWriter =>
  (said, outputTokens) =>
    `${write(said, outputTokens).slice(0, -1)}${members}}`;

/** The writer of requests for text, with whatever the user adds to each body. */
export function bodyWriter(plan: Plan): TextBodyWriter {
  const write = textBodyWriter(plan);
  const extra = plan.endpointOptions?.extra;
  return extra === undefined ? write : withMembers(write, `,${extra}`);
}

/** A request about items, ready to be sent. */
export interface ItemRequest {
  inputTokens: number;
  body: string;
  /** In place of `body`, for what is no text. */
  bytes?: Buffer;
}

/**
 * Writes requests about items; undefined for endpoints of conversations. Request i has the texts i·n to i·n + n − 1 of
 * the workload, which begins again after its end: so that it is a function of i alone.
 */
export function itemWriter(plan: Plan, content: Content): ((index: number) => ItemRequest) | undefined {
  const bodies = itemBodies(plan);
  if (!bodies) return undefined;
  const { texts: count, write } = bodies;
  const extra = plan.endpointOptions?.extra;
  return (index) => {
    const requests = Array.from({ length: count }, (_, k): ContentRequest =>
      content.at((index * count + k) % content.count),
    );
    const body = write(
      requests.map(({ say }) => plainText(say())),
      index,
    );
    const inputTokens = requests.reduce((sum, request) => sum + request.inputTokens, 0);
    if (typeof body !== 'string') return { inputTokens, body: '', bytes: body };
    return { inputTokens, body: extra === undefined ? body : `${body.slice(0, -1)},${extra}}` };
  };
}
