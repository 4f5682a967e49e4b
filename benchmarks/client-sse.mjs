/**
 * Events of unpaced streams per second of one core: framing, scan and stamps as the engine does them, from bytes in
 * memory, with and without keeping the text for a tokenizer. Beside it, in the same run and in turns: a plain byte scan
 * for the blank lines, which is the least that any reader does, and JSON.parse of every event, which is what most do.
 *
 * Usage: `client-sse.mjs [ROUNDS]`. Needs `dist/`.
 */
import { AnswerReader } from '../dist/engine/answer-reader.js';
import { chatDialect } from '../dist/engine/dialects/chat.js';

const ROUNDS = Number(process.argv[2] ?? 5);
const EVENTS = 100_000;
const READ_BYTES = 64 * 1024;
const TARGET = 1_000_000;

const event = (i) =>
  `data: ${JSON.stringify({
    id: 'chatcmpl-0123456789abcdef',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: 'fakeai-1',
    choices: [{ index: 0, delta: { content: ` word${i % 10}` }, logprobs: null, finish_reason: null }],
  })}\n\n`;
const bytes = Buffer.from(`${Array.from({ length: EVENTS }, (_, i) => event(i)).join('')}data: [DONE]\n\n`);

/** Hands over the bytes as reads of a socket would. */
function inReads(take) {
  for (let at = 0; at < bytes.length; at += READ_BYTES) take(at, Math.min(bytes.length, at + READ_BYTES));
}

function engine(keepText) {
  const reader = new AnswerReader(chatDialect, true, { onText: () => {} }, keepText);
  reader.head(200, 'text/event-stream', undefined);
  inReads((start, end) => reader.data(bytes, start, end, start));
  reader.end();
  if (reader.kind || reader.chunks.count !== EVENTS)
    throw new Error(`read ${reader.chunks.count} events: ${reader.message}`);
}

function byteScan() {
  let events = 0;
  for (let at = bytes.indexOf('\n\n'); at >= 0; at = bytes.indexOf('\n\n', at + 2)) events++;
  if (events !== EVENTS + 1) throw new Error(`found ${events} events`);
}

function parse() {
  let events = 0;
  for (let from = 0, at = bytes.indexOf('\n\n'); at >= 0; from = at + 2, at = bytes.indexOf('\n\n', from)) {
    const data = bytes.toString('utf8', from + 6, at);
    if (data !== '[DONE]' && JSON.parse(data).choices[0].delta.content) events++;
  }
  if (events !== EVENTS) throw new Error(`parsed ${events} events`);
}

const CONTENDERS = {
  engine: () => engine('never'),
  'engine keeping text': () => engine('if-needed'),
  'byte scan': byteScan,
  'JSON.parse': parse,
};
for (const run of Object.values(CONTENDERS)) run();

const perSecond = Object.fromEntries(Object.keys(CONTENDERS).map((name) => [name, []]));
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, run] of Object.entries(CONTENDERS)) {
    const { user, system } = process.cpuUsage();
    run();
    const used = process.cpuUsage({ user, system });
    perSecond[name].push(EVENTS / ((used.user + used.system) / 1e6));
  }
}
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const figures = Object.entries(perSecond).map(
  ([name, values]) => `${name} ${(median(values) / 1e6).toFixed(2)}M`,
);
const ratio = (other) => median(perSecond.engine.map((value, i) => value / perSecond[other][i])).toFixed(2);
process.stdout.write(
  `client-sse: events per CPU second: ${figures.join(', ')} (target ${TARGET / 1e6}M); ` +
    `ratio to the byte scan ${ratio('byte scan')}, to JSON.parse ${ratio('JSON.parse')}\n`,
);
