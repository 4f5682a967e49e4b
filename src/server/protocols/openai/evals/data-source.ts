/** The data source of a run: its items, and what a model is asked about each. */
import * as z from 'zod';
import { metadata } from '../common-fields.js';
import { missing } from '../errors.js';
import { asWritten, fillMessages, type FilledMessage, message } from '../graders/messages.js';
import { jsonOf, valueAt } from '../graders/templates.js';

/** Most items of a run. */
export const MAX_ITEMS = 50_000;

const record = z.record(z.string(), z.unknown());
const row = z.object({ item: record, sample: record.nullish() });
export type Row = z.output<typeof row>;

const given = [
  z.strictObject({ type: z.literal('file_content'), content: z.array(row).min(1).max(MAX_ITEMS) }),
  z.strictObject({ type: z.literal('file_id'), id: z.string() }),
] as const;
const stored = {
  metadata: metadata.nullish(),
  model: z.string().nullish(),
  created_after: z.int().min(0).nullish(),
  created_before: z.int().min(0).nullish(),
};
export const storedCompletions = z.strictObject({
  type: z.literal('stored_completions'),
  ...stored,
  limit: z.int().min(1).max(MAX_ITEMS).nullish(),
});
export const storedResponses = z.strictObject({
  type: z.literal('responses'),
  ...stored,
  instructions_search: z.string().nullish(),
  reasoning_effort: z.string().nullish(),
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  users: z.array(z.string()).nullish(),
  tools: z.array(z.string()).nullish(),
});

const inputMessages = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('template'), template: z.array(message).min(1).max(1000) }),
  z.strictObject({ type: z.literal('item_reference'), item_reference: z.string().max(200) }),
]);
/** The request that is made for an item checks the rest. */
const samplingParams = z.looseObject({
  max_completion_tokens: z.int().nullish(),
  reasoning_effort: z.string().nullish(),
  seed: z.int().nullish(),
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
});
const asking = {
  input_messages: inputMessages.nullish(),
  model: z.string().min(1).nullish(),
  // What is null is as good as not there, and is not shown.
  sampling_params: samplingParams
    .transform((given) => Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null)))
    .nullish(),
};

/** What a run may be given. */
export const dataSource = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('jsonl'), source: z.discriminatedUnion('type', given) }),
  z.strictObject({
    type: z.literal('completions'),
    source: z.discriminatedUnion('type', [...given, storedCompletions]),
    ...asking,
  }),
  z.strictObject({
    type: z.literal('responses'),
    source: z.discriminatedUnion('type', [...given, storedResponses]),
    ...asking,
  }),
]);
export type DataSource = z.output<typeof dataSource>;
/** A source whose items a model is asked about. */
export type AskingSource = Exclude<DataSource, { type: 'jsonl' }> & { model: string };

/** Whether a model is asked: of what was stored, the answers can be graded as they are. */
export const isAsking = (source: DataSource): source is AskingSource =>
  source.type !== 'jsonl' && source.model != null;

/**
 * Checks that there is what a model is asked.
 *
 * @throws ApiError 400
 */
export function checkAsking(source: DataSource): void {
  if (source.type === 'jsonl') return;
  const isStored = source.source.type === 'stored_completions' || source.source.type === 'responses';
  if (isStored) return;
  if (source.model == null) throw missing('data_source.model');
  if (!source.input_messages) throw missing('data_source.input_messages');
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

/**
 * What the model is asked about an item; without messages of the source, what was asked when it was stored.
 *
 * @throws Error when the item has not what the messages name
 */
export function messagesFor(asked: AskingSource, { item }: Row): FilledMessage[] {
  const { input_messages: input } = asked;
  if (input?.type === 'template') {
    const { messages, unknown } = fillMessages(input.template, { item });
    if (unknown.length === 0) return messages;
    throw new Error(`The item has no '${unknown[0]!}', which the template names.`);
  }
  const reference = input?.item_reference ?? 'item.input';
  const messages = z
    .array(message)
    .min(1)
    .safeParse(valueAt(item, reference.replace(/^item\./, '').split('.')));
  if (!messages.success) throw new Error(`The item has no messages at '${reference}'.`);
  return messages.data.map(asWritten);
}
