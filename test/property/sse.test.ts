import { createParser } from 'eventsource-parser';
import * as fc from '../support/fast-check.js';
import { describe, expect, it } from 'vitest';
import { chatDialect } from '../../src/engine/dialects/chat.js';
import { EVENT } from '../../src/engine/dialects/event-scan.js';
import { SseFraming } from '../../src/engine/sse-framing.js';

function frame(text: string, cuts: number[]): string[] {
  const events: string[] = [];
  const framing = new SseFraming({
    onEvent: (buffer, start, end) => events.push(buffer.toString('utf8', start, end)),
  });
  const bytes = Buffer.from(text);
  const ends = [...new Set(cuts.map((c) => c % (bytes.length + 1))), bytes.length].sort((a, b) => a - b);
  const shared = Buffer.alloc(bytes.length + 8);
  let from = 0;
  for (const to of ends) {
    // As from a socket: one buffer, whose old contents are still behind the new.
    shared.fill(0x0a);
    bytes.copy(shared, 5, from, to);
    expect(framing.feed(shared, 5, 5 + to - from)).toBe(true);
    from = to;
  }
  return events;
}

function peerFrame(text: string): string[] {
  const events: string[] = [];
  const parser = createParser({ onEvent: ({ data }) => events.push(data) });
  parser.feed(text);
  return events;
}

const value = fc.oneof(
  fc.stringMatching(/^[ -~é€]{0,40}$/),
  fc.constantFrom('😀', '[DONE]', '{"a":1}', ' two spaces', ':'),
);
const line = fc.oneof(
  { weight: 4, arbitrary: value.map((v) => `data: ${v}`) },
  value.map((v) => `data:${v}`),
  value.map((v) => `: ${v}`),
  value.map((v) => `event: ${v}`),
  fc.constantFrom('', 'id: 1', 'database: x', 'dat'),
);
const cuts = fc.array(fc.nat(), { maxLength: 15 });

describe('the framing of events', () => {
  it('finds the events that eventsource-parser finds, however the network cuts them', () => {
    const stream = fc.tuple(
      fc.array(fc.tuple(fc.array(line, { maxLength: 4 }), fc.constantFrom('\n', '\r\n')), { maxLength: 8 }),
    );
    fc.assert(
      fc.property(stream, cuts, ([events], at) => {
        const text = events.map(([lines, end]) => `${lines.map((l) => l + end).join('')}${end}`).join('');
        expect(frame(text, at)).toEqual(peerFrame(text));
      }),
      { numRuns: 500 },
    );
  });

  it('finds them with a cut at every byte', () => {
    const text = ': hi\r\n\r\ndata: {"a":"é"}\r\n\r\ndata:one\ndata: two\n\nevent: x\ndata: [DONE]\n\n';
    const whole = ['{"a":"é"}', 'one\ntwo', '[DONE]'];
    const every = Array.from(Buffer.from(text), (_, i) => i);
    expect(frame(text, every)).toEqual(whole);
    for (const cut of every) expect(frame(text, [cut])).toEqual(whole);
  });
});

/** What the inspection means, said with a parser: keys anywhere in the document. */
function expectedFlags(json: unknown): number {
  let flags = 0;
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, child] of Object.entries(node)) {
      if (!Array.isArray(node)) {
        const isObject = typeof child === 'object' && child !== null && !Array.isArray(child);
        const isText = typeof child === 'string';
        if (isText && child !== '') {
          if (['content', 'text', 'arguments', 'refusal'].includes(key)) flags |= EVENT.answer;
          if (['reasoning_content', 'reasoning'].includes(key)) flags |= EVENT.reasoning;
        }
        if (key === 'usage' && isObject) flags |= EVENT.usage;
        if (key === 'error' && (isObject || isText)) flags |= EVENT.error;
        if (key === 'object' && child === 'error') flags |= EVENT.error;
      }
      visit(child);
    }
  };
  visit(json);
  return flags;
}

const key = fc.oneof(
  fc.constantFrom(
    'content',
    'reasoning_content',
    'reasoning',
    'arguments',
    'text',
    'usage',
    'error',
    'delta',
    'choices',
    'conten',
    'object',
  ),
  fc.string({ maxLength: 8 }),
);
const text = fc.oneof(
  fc.string(),
  fc.constantFrom(
    '',
    'error',
    '"content":"x"',
    '\\',
    '\\"',
    '"',
    '{"usage":{}}',
    'a\\"content\\": \\"b',
    '"text" : "x',
  ),
);
const { document } = fc.letrec<{ document: unknown; object: unknown }>((tie) => ({
  document: fc.oneof(
    { depthSize: 'small' },
    text,
    fc.constantFrom(null, 1, true),
    fc.array(tie('document'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(key, tie('document'), { maxKeys: 4 }),
}));

describe('the inspection of an event', () => {
  it('sees what a JSON parser sees, in any style of white space', () => {
    fc.assert(
      fc.property(
        fc.dictionary(key, document, { maxKeys: 4 }),
        fc.constantFrom('plain', 'python', 'pretty'),
        (object, style) => {
          const plain = JSON.parse(JSON.stringify(object)) as unknown;
          const json =
            style === 'plain'
              ? JSON.stringify(plain)
              : style === 'pretty'
                ? JSON.stringify(plain, null, '\t')
                : python(plain);
          expect(JSON.parse(json)).toEqual(plain);
          const bytes = Buffer.from(`xx${json}xx`);
          expect(chatDialect.scanner.scan(bytes, 2, bytes.length - 2)).toBe(expectedFlags(plain));
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each(['[DONE]', '', '{', '"{"', '{"a":"b}', '{"a":1', '{"a":"\\"}'])('calls %j odd', (data) => {
    const bytes = Buffer.from(data);
    expect(chatDialect.scanner.scan(bytes, 0, bytes.length) & EVENT.odd).toBe(EVENT.odd);
  });
});

/** As Python's json.dumps writes it: ", " and ": ". */
function python(node: unknown): string {
  if (Array.isArray(node)) return `[${node.map(python).join(', ')}]`;
  if (typeof node !== 'object' || node === null) return JSON.stringify(node);
  return `{${Object.entries(node)
    .map(([k, v]) => `${JSON.stringify(k)}: ${python(v)}`)
    .join(', ')}}`;
}
