/** The rows of all dataset formats: from one JSON object to the requests in it. */
import { MAX_TOKENS } from '../lengths.js';
import type { DatasetFormat } from '../plan.js';
import { type Refuse, problemOf } from '../traces/row-parser.js';
import type { DatasetTurn } from './builder.js';

type Row = Record<string, unknown>;
export type CountTokens = (text: string) => number;

/** What a parser works with. */
interface RowContext {
  line: number;
  refuse: Refuse;
  count: CountTokens;
}

/** Rows of requests; most objects are one row. */
type RowParser = (row: Row, context: RowContext) => readonly (readonly DatasetTurn[])[];

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
const isObject = (value: unknown): value is Row =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const clampTokens = (value: number): number => Math.min(MAX_TOKENS, value);

function list(row: Row, field: string, { line, refuse }: RowContext): readonly unknown[] {
  const value = row[field];
  if (!isList(value)) return refuse(line, field, problemOf(value, 'a list'));
  return value.length > 0 ? value : refuse(line, field, 'is an empty list');
}

/** The texts of a message's content: a text, or a list of parts. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!isList(content)) return '';
  return content
    .map((part) => (isObject(part) && typeof part['text'] === 'string' ? part['text'] : ''))
    .join('');
}

const userTurn = (text: string, context: RowContext, extra: Partial<DatasetTurn> = {}): DatasetTurn => ({
  json: JSON.stringify({ role: 'user', content: text }),
  inputTokens: clampTokens(context.count(text)),
  outputTokens: 0,
  delayMs: 0,
  ...extra,
});

/** ShareGPT: `{conversations: [{from, value}]}`; each human part is a turn, the answer behind it gives its length. */
const sharegpt: RowParser = (row, context) => {
  const { line, refuse, count } = context;
  const field = Object.hasOwn(row, 'conversations') ? 'conversations' : 'conversation';
  const turns: DatasetTurn[] = [];
  let system = '';
  for (const part of list(row, field, context)) {
    if (!isObject(part) || typeof part['value'] !== 'string')
      return refuse(line, field, 'must hold objects with "from" and "value"');
    const { from, value } = part;
    if (from === 'system' && turns.length === 0) system = value;
    else if (from === 'human' || from === 'user') turns.push(userTurn(value, context));
    else if (turns.length > 0) turns.at(-1)!.outputTokens = clampTokens(count(value));
  }
  const first = turns[0];
  // Some conversations are the second half of a longer one and have only answers.
  if (!first) return [];
  if (system !== '') {
    first.json = `${JSON.stringify({ role: 'system', content: system })},${first.json}`;
    first.inputTokens = clampTokens(first.inputTokens + count(system));
  }
  return [turns];
};

/** `{messages: [...]}`: one request with all messages; an answer at the end gives its length and is not sent. */
const chat: RowParser = (row, context) => {
  const { line, refuse, count } = context;
  const messages = list(row, 'messages', context);
  for (const message of messages) {
    if (!isObject(message) || typeof message['role'] !== 'string')
      return refuse(line, 'messages', 'must hold objects with "role"');
  }
  const all = messages as readonly Row[];
  const answer = all.at(-1)!['role'] === 'assistant' ? all.at(-1) : undefined;
  const sent = answer ? all.slice(0, -1) : all;
  if (sent.length === 0) return refuse(line, 'messages', 'has an answer only');
  return [
    [
      {
        json: sent.map((message) => JSON.stringify(message)).join(','),
        inputTokens: clampTokens(sent.reduce((sum, { content }) => sum + count(textOf(content)), 0)),
        outputTokens: answer ? clampTokens(count(textOf(answer['content']))) : 0,
        delayMs: 0,
      },
    ],
  ];
};

/** Members that the plan decides, whatever a body says. */
const PLANNED = new Set(['model', 'stream', 'stream_options', 'min_tokens', 'ignore_eos']);

const isTokens = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MAX_TOKENS;

/** A whole body of a chat request; the plan's model and streaming replace its own. */
function bodyTurn(body: unknown, field: string, { line, refuse, count }: RowContext): readonly DatasetTurn[] {
  if (!isObject(body)) return refuse(line, field, problemOf(body, 'an object'));
  const { messages } = body;
  if (!isList(messages) || messages.length === 0 || !messages.every(isObject))
    return refuse(line, field, 'must have a list of "messages"');
  const asked = body['max_completion_tokens'] ?? body['max_tokens'];
  if (asked !== undefined && asked !== null && !isTokens(asked))
    return refuse(line, field, 'must ask for a whole number of tokens');
  const kept = Object.entries(body).filter(([name, value]) => !PLANNED.has(name) && value !== null);
  return [
    {
      json: JSON.stringify(Object.fromEntries(kept)).slice(1, -1),
      inputTokens: clampTokens(
        messages.reduce<number>((sum, { content }) => sum + count(textOf(content)), 0),
      ),
      outputTokens: isTokens(asked) ? asked : 0,
      delayMs: 0,
    },
  ];
}

/** OpenAI's batch files: `{custom_id, method, url, body}`. */
const batch: RowParser = (row, context) => {
  const { line, refuse } = context;
  const { url } = row;
  if (typeof url !== 'string' || !url.endsWith('/chat/completions'))
    return refuse(line, 'url', problemOf(url, '/v1/chat/completions'));
  return [bodyTurn(row['body'], 'body', context)];
};

/** AIPerf's `inputs.json`: `{data: [{session_id, payloads: [body]}]}`; each payload is a request of its own. */
const inputs: RowParser = (row, context) =>
  list(row, 'data', context).flatMap((session) =>
    isObject(session)
      ? list(session, 'payloads', context).map((body) => bodyTurn(body, 'payloads', context))
      : context.refuse(context.line, 'data', 'must hold objects with "payloads"'),
  );

const delayOf = (row: Row, { line, refuse }: RowContext): number => {
  const delay = row['delay'] ?? 0;
  return typeof delay === 'number' && delay >= 0 && delay <= 86_400_000
    ? delay
    : refuse(line, 'delay', 'must be milliseconds, 0 or more');
};

/** One turn of AIPerf's: `{text}`, or `{texts: [...]}` whose texts become one. */
function aiperfTurn(row: Row, context: RowContext): DatasetTurn {
  const { line, refuse } = context;
  for (const medium of ['image', 'images', 'audio', 'audios', 'video', 'videos'])
    if (Object.hasOwn(row, medium)) refuse(line, medium, 'cannot be sent: only texts can');
  const text = row['text'] ?? row['texts'];
  const parts = isList(text) ? text : [text];
  if (parts.length === 0 || !parts.every((part) => typeof part === 'string'))
    return refuse(line, 'text', problemOf(text, 'a text'));
  return userTurn(parts.join('\n'), context, { delayMs: delayOf(row, context) });
}

const single: RowParser = (row, context) => [[aiperfTurn(row, context)]];

const multi: RowParser = (row, context) => {
  const turns = list(row, 'turns', context).map((turn) =>
    isObject(turn)
      ? aiperfTurn(turn, context)
      : context.refuse(context.line, 'turns', 'must hold objects with "text"'),
  );
  return [turns];
};

export const ROW_PARSERS: Record<DatasetFormat, RowParser> = {
  sharegpt,
  chat,
  'openai-batch': batch,
  'single-turn': single,
  'multi-turn': multi,
  inputs,
};

/** Formats whose rows are whole bodies. */
export const HOLDS_BODIES: ReadonlySet<DatasetFormat> = new Set(['openai-batch', 'inputs']);

/** The format of a row, by its members; undefined if it has those of none. */
export function formatOf(row: Row): DatasetFormat | undefined {
  const has = (name: string): boolean => Object.hasOwn(row, name);
  if (has('conversations') || has('conversation')) return 'sharegpt';
  if (has('body') && has('url')) return 'openai-batch';
  if (has('messages')) return 'chat';
  if (has('turns')) return 'multi-turn';
  if (has('data')) return 'inputs';
  return has('text') || has('texts') ? 'single-turn' : undefined;
}
