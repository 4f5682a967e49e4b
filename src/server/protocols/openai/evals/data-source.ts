/** The data source of a run: its items, and what a model is asked about each. */
import * as z from 'zod';
import { unsupported } from '../errors.js';
import { fill, jsonOf, type Scope } from '../graders/grading.js';

/** Most items of a run. */
const MAX_ITEMS = 50_000;

const record = z.record(z.string(), z.unknown());
const row = z.object({ item: record, sample: record.nullish() });
export type Row = z.output<typeof row>;

const source = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('file_content'), content: z.array(row).min(1).max(MAX_ITEMS) }),
  z.strictObject({ type: z.literal('file_id'), id: z.string() }),
]);

const text = z.union([
  z.string(),
  z.strictObject({ type: z.enum(['input_text', 'output_text', 'text']), text: z.string() }),
]);
const message = z.strictObject({
  role: z.enum(['user', 'assistant', 'system', 'developer']),
  content: z.union([text, z.array(text)]),
});
type Message = z.output<typeof message>;

const inputMessages = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('template'), template: z.array(message).min(1).max(1000) }),
  z.strictObject({ type: z.literal('item_reference'), item_reference: z.string().max(200) }),
]);
const asking = { source, input_messages: inputMessages, model: z.string().min(1) };

/** What a run may be given. The request that is made for an item checks `sampling_params`. */
export const dataSource = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('jsonl'), source }),
  z.strictObject({ type: z.literal('completions'), ...asking, sampling_params: record.nullish() }),
  z.strictObject({ type: z.literal('responses'), ...asking, sampling_params: record.nullish() }),
]);
export type DataSource = z.output<typeof dataSource>;
export type AskingSource = Exclude<DataSource, { type: 'jsonl' }>;

/**
 * Refuses sources that are not simulated, in words of their own.
 *
 * @throws ApiError 400
 */
export function refuseOtherSources(asked: unknown): void {
  const type = (asked as { source?: { type?: unknown } | null } | null | undefined)?.source?.type;
  if (type === 'stored_completions' || type === 'responses')
    throw unsupported('data_source.source', `evals over sources of the type '${type}'`);
}

/**
 * The items of a file, one a line.
 *
 * @throws Error that says what is wrong
 */
export function readRows(content: Buffer): Row[] {
  const lines = content
    .toString('utf8')
    .split('\n')
    .map((line, i) => [line.trim(), i + 1] as const);
  const rows = lines
    .filter(([line]) => line !== '')
    .map(([line, number]) => {
      const read = row.safeParse(jsonOf(line));
      if (read.success) return read.data;
      throw new Error(`Line ${number} is not a JSON object with an object 'item'.`);
    });
  if (rows.length === 0) throw new Error('The file has no items.');
  if (rows.length > MAX_ITEMS)
    throw new Error(`The file has ${rows.length} items; a run can have ${MAX_ITEMS}.`);
  return rows;
}

/** A message as it is sent. */
export interface FilledMessage {
  role: Message['role'];
  content: string;
}

/**
 * What the model is asked about an item.
 *
 * @throws Error when the item has not what the messages name
 */
export function messagesFor(asked: AskingSource, { item }: Row): FilledMessage[] {
  const { input_messages: input } = asked;
  if (input.type === 'template') return input.template.map((one) => filled(one, { item }));
  const path = input.item_reference.replace(/^item\./, '').split('.');
  const found = path.reduce<unknown>(
    (at, key) =>
      typeof at === 'object' && at !== null && Object.hasOwn(at, key)
        ? (at as Record<string, unknown>)[key]
        : undefined,
    item,
  );
  const messages = z.array(message).min(1).safeParse(found);
  if (!messages.success) throw new Error(`The item has no messages at '${input.item_reference}'.`);
  return messages.data.map((one) => ({ role: one.role, content: textOf(one) }));
}

function filled(one: Message, scope: Pick<Scope, 'item'>): FilledMessage {
  const { text: content, unknown } = fill(textOf(one), scope);
  if (unknown.length > 0) throw new Error(`The item has no '${unknown[0]!}', which the template names.`);
  return { role: one.role, content };
}

const textOf = ({ content }: Message): string =>
  (Array.isArray(content) ? content : [content])
    .map((part) => (typeof part === 'string' ? part : part.text))
    .join('\n');
