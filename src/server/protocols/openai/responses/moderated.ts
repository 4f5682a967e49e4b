/** `moderation` of a response: what a model of moderation says of the input and of the output, and whether that is let through. */
import type { ServerContext } from '../../../context.js';
import { judgeInput } from '../chat/moderated.js';
import { invalid } from '../errors.js';
import { judgeMessage } from '../moderations.js';
import { begin } from './exchange.js';
import type { Item } from './items.js';
import type { PreparedResponse } from './prepare.js';

/** The member of the response, and whether its output is seen. */
export interface Moderated {
  body: { input: object; output: object };
  isBlocked: boolean;
}

/**
 * Moderates a response if that is asked for. What it will say is known before it is said.
 *
 * @throws ApiError 400 when the input is flagged and that is to block it
 */
export async function moderateResponse(context: ServerContext, prepared: PreparedResponse): Promise<void> {
  const { moderation } = prepared.body;
  if (!moderation || prepared.isSilent) return;
  const { model, policy } = moderation;
  const input = await judgeInput(context, model, prepared.messages);
  if (input.flagged && policy?.input?.mode === 'block') {
    const message = 'The request was blocked: its input was flagged by moderation.';
    throw invalid('input', 'moderation_blocked', message);
  }
  const { output } = begin(context, prepared, 0, false);
  while (!output.ended) output.next();
  const said = await judgeMessage(context, model, { texts: output.items.flatMap(textsOf), images: [] });
  const shown = (result: object): object => ({ type: 'moderation_result', model, ...result });
  const isBlocked = said.flagged && policy?.output?.mode === 'block';
  prepared.moderated = { body: { input: shown(input), output: shown(said) }, isBlocked };
  if (isBlocked) prepared.isSilent = true;
}

const textsOf = ({ type, content }: Item): string[] =>
  type === 'message' ? (content as { text?: string }[]).flatMap(({ text }) => text ?? []) : [];
