/** Items of a response that are under way, as events show them. */
import type { ResponsePlan } from './response-plan.js';

/** An item under way. */
export type OpenItem =
  | { kind: 'message'; id: string; index: number; text: string }
  | { kind: 'call'; id: string; index: number; callId: string; name: string; arguments: string };

/** What a message says, as a part of its content. */
export const partOf = ({ modality }: Pick<ResponsePlan, 'modality'>, text: string): object =>
  modality === 'text' ? { type: 'text', text } : { type: 'audio', transcript: text };

/** @param complete - whether what it says is shown */
export function itemOf(
  { modality }: Pick<ResponsePlan, 'modality'>,
  open: OpenItem,
  status: string,
  complete: boolean,
): Record<string, unknown> {
  const common = { id: open.id, object: 'realtime.item', status };
  if (open.kind === 'call') {
    const { name, callId, arguments: text } = open;
    return { ...common, type: 'function_call', name, call_id: callId, arguments: text };
  }
  const part =
    modality === 'text'
      ? { type: 'output_text', text: open.text }
      : { type: 'output_audio', transcript: open.text };
  return { ...common, type: 'message', role: 'assistant', content: complete ? [part] : [] };
}
