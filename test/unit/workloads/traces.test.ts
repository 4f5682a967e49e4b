import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { FakeaiError } from '../../../src/lib/errors.js';
import { traceContent } from '../../../src/workloads/trace-content.js';
import { TraceBuilder } from '../../../src/workloads/traces/columns.js';
import { detectFormat } from '../../../src/workloads/traces/format.js';
import { MAX_LINE_CHARACTERS } from '../../../src/workloads/traces/lines.js';
import { readTrace, type ReadTraceOptions } from '../../../src/workloads/traces/read-trace.js';
import { temporaryFiles } from './files.js';

const write = temporaryFiles();
const HEADER = 'TIMESTAMP,ContextTokens,GeneratedTokens';
const example = (name: string): string =>
  fileURLToPath(new URL(`../../../examples/traces/${name}`, import.meta.url));

const read = async (content: string | Uint8Array, options?: ReadTraceOptions) =>
  readTrace(await write('trace', content), options);

const refusal = async (content: string | Uint8Array, options?: ReadTraceOptions): Promise<FakeaiError> => {
  try {
    await read(content, options);
  } catch (error) {
    if (error instanceof FakeaiError) return error;
    throw error;
  }
  throw new Error('the trace was accepted');
};

const row = (changes: object = {}): string =>
  JSON.stringify({ timestamp: 0, input_length: 600, output_length: 5, hash_ids: [1, 2], ...changes });

describe('the published slices', () => {
  it('are read: Mooncake', async () => {
    const trace = await readTrace(example('mooncake-conversation-200.jsonl'));
    expect(trace.source.format).toBe('mooncake');
    expect(trace.instantMs).toHaveLength(200);
    expect([trace.instantMs[0], trace.instantMs[199]]).toEqual([0, 72_000]);
    expect([trace.inputTokens[0], trace.outputTokens[0]]).toEqual([6758, 500]);
    expect([...trace.hashIds.subarray(trace.hashStart[0], trace.hashStart[2])]).toEqual([
      ...Array.from({ length: 14 }, (_, i) => i),
      0,
      ...Array.from({ length: 14 }, (_, i) => i + 14),
    ]);
    for (let i = 0; i < 200; i++) {
      expect(trace.hashStart[i + 1]! - trace.hashStart[i]!).toBe(Math.ceil(trace.inputTokens[i]! / 512));
    }
  });

  it('are read: Azure', async () => {
    const trace = await readTrace(example('azure-llm-2023-conv-200.csv'));
    expect(trace.source.format).toBe('azure');
    expect(trace.instantMs).toHaveLength(200);
    // 18:15:46.6805900 to 18:15:50.9951690 and to 18:16:47.9441270.
    expect(trace.instantMs[0]).toBe(0);
    expect(trace.instantMs[1]).toBeCloseTo(4314.579, 9);
    expect(trace.instantMs[199]).toBeCloseTo(61_263.537, 9);
    expect([trace.inputTokens[199], trace.outputTokens[199]]).toEqual([1143, 409]);
    expect(trace.hashIds).toHaveLength(0);
  });
});

describe('any trace', () => {
  it('is read up to the limit, without looking at what follows', async () => {
    const trace = await read(`${row()}\n${row()}\nbroken`, { limit: 2 });
    expect(trace.instantMs).toHaveLength(2);
  });

  it('is put in order, rows of one instant as they stood, the first at 0', async () => {
    const rows = [30, 10, 20, 10, 30].map((timestamp, i) =>
      row({
        timestamp,
        input_length: 600 + i,
        output_length: i + 1,
        hash_ids: [i * 10, i * 10 + 1].slice(0, i % 3),
      }),
    );
    const trace = await read(rows.join('\n'));
    expect([...trace.instantMs]).toEqual([0, 0, 10, 20, 20]);
    expect([...trace.inputTokens]).toEqual([601, 603, 602, 600, 604]);
    expect([...trace.outputTokens]).toEqual([2, 4, 3, 1, 5]);
    expect([...trace.hashStart]).toEqual([0, 1, 1, 3, 3, 4]);
    expect([...trace.hashIds]).toEqual([10, 20, 21, 40]);
  });

  it('may have CRLF, blank lines, a byte order mark and no end of the last line', async () => {
    const trace = await read(`\uFEFF${row()}\r\n\r\n  \n${row({ timestamp: 1 })}`);
    expect([...trace.instantMs]).toEqual([0, 1]);
    expect((await read(`\uFEFF${row()}`)).instantMs).toHaveLength(1);
  });

  it('may be longer than a chunk of the file', async () => {
    const lines = Array.from({ length: 20_000 }, (_, i) =>
      row({ timestamp: i, input_length: i + 1, hash_ids: undefined }),
    );
    const trace = await read(`${lines.join('\n')}\n`);
    expect([...trace.inputTokens]).toEqual(lines.map((_, i) => i + 1));
  });

  it('is shared with threads, not copied', async () => {
    const trace = await read(row());
    const there = structuredClone(trace);
    trace.inputTokens[0] = 77;
    expect(there.inputTokens[0]).toBe(77);
  });

  it('counts lines of the file, blank ones too', async () => {
    const error = await refusal(`\n${row()}\n\n${row({ output_length: -1 })}`);
    expect(error.message).toMatch(
      /trace:4: field "output_length" must be a whole number from 0 to 10000000, not -1$/,
    );
    expect(error.exitCode).toBe(2);
  });

  it.each(['', '\n\r\n', '\uFEFF'])('must have rows: %j', async (content) => {
    expect((await refusal(content)).code).toBe('FAKEAI_TRACE_EMPTY');
  });

  it('must have more than a header', async () => {
    expect((await refusal(`${HEADER}\r\n`)).code).toBe('FAKEAI_TRACE_EMPTY');
  });

  it('must have lines of bounded length', async () => {
    const error = await refusal(`${row()}\n${'x'.repeat(MAX_LINE_CHARACTERS + 1)}`);
    expect(error.message).toContain(`:2: the line is longer than ${MAX_LINE_CHARACTERS} characters`);
  });

  it('must not have too many rows or hashes', () => {
    const builder = new TraceBuilder({ path: 'a.jsonl', format: 'mooncake' }, { rows: 3, hashes: 5 });
    builder.add(1, 0, 2000, 1, [1, 2, 3]);
    expect(() => builder.add(2, 0, 2000, 1, [4, 5, 6])).toThrow(
      'a.jsonl:2: the trace has more than 5 hashes',
    );
    builder.add(3, 0, 2000, 1, [4, 5]);
    builder.add(4, 0, 2000, 1, []);
    expect(() => builder.add(5, 0, 2000, 1, [])).toThrow('a.jsonl:5: the trace has more than 3 rows');
  });

  it('must exist and be a file', async () => {
    await expect(readTrace('/nowhere/trace.jsonl')).rejects.toMatchObject({ code: 'FAKEAI_FILE_UNREADABLE' });
    await expect(readTrace(tmpdir())).rejects.toMatchObject({ code: 'FAKEAI_FILE_UNREADABLE' });
  });
});

describe('Mooncake rows', () => {
  it('may have no hashes, fewer than blocks, fractions of milliseconds, and answers of no tokens', async () => {
    const trace = await read(
      [
        row({ hash_ids: undefined }),
        row({ hash_ids: [9] }),
        row({ timestamp: 0.25, output_length: 0, hash_ids: [] }),
      ].join('\n'),
    );
    expect([...trace.hashStart]).toEqual([0, 0, 1, 1]);
    expect(trace.instantMs[2]).toBe(0.25);
    expect(trace.outputTokens[2]).toBe(1);
  });

  it.each([
    ['{"timestamp": 0,', 'the line is not a JSON object'],
    ['[1,2]', 'the line is not a JSON object'],
    ['null', 'the line is not a JSON object'],
    [row({ timestamp: undefined }), 'field "timestamp" is missing'],
    [row({ timestamp: '5' }), 'field "timestamp" must be milliseconds, 0 or more, not "5"'],
    [row({ timestamp: -1 }), 'field "timestamp"'],
    [row({ input_length: 0 }), 'field "input_length" must be a whole number from 1'],
    [row({ input_length: 1.5 }), 'field "input_length"'],
    [row({ input_length: 1e9 }), 'field "input_length"'],
    [row({ input_length: { deep: 1 } }), 'not an object'],
    [row({ output_length: null }), 'field "output_length"'],
    [row({ hash_ids: '1,2' }), 'field "hash_ids" must be a list'],
    [row({ hash_ids: [1, 'x'] }), 'field "hash_ids" must hold whole numbers from 0 to 4294967295, not "x"'],
    [row({ hash_ids: [2 ** 32] }), 'not 4294967296'],
    [row({ hash_ids: [1, 2, 3] }), 'field "hash_ids" has 3 ids, but 600 tokens have 2 blocks of 512'],
    [`{"timestamp":0,"input_length":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, ':2: '],
  ])('are refused with line and field: %#', async (line, problem) => {
    const error = await refusal(`${row()}\n${line}`);
    expect(error.code).toBe('FAKEAI_TRACE_INVALID');
    expect(error.message).toContain('trace:2: ');
    expect(error.message).toContain(problem);
    expect(error.message.length).toBeLessThan(300);
  });
});

describe('Azure rows', () => {
  it('keep all seven digits, over midnight and the end of a month', async () => {
    const trace = await read(`${HEADER}\n2024-02-29 23:59:59.9999999,1,1\n2024-03-01 00:00:00.0000001,1,1`);
    expect(trace.instantMs[1]).toBeCloseTo(0.0002, 9);
  });

  it('may have quotes, spaces, other columns, another order, other marks of time', async () => {
    const trace = await read(
      [
        '"model","GeneratedTokens", contexttokens ,TIMESTAMP',
        '"a ""b"", c","7", 11 ,2024-05-10 00:00:00.5+00:00',
        'x,8,12,"2024-05-10T02:00:01+0200"',
        ',9,13,2024-05-10 00:00:02Z,more',
      ].join('\r\n'),
    );
    expect([...trace.instantMs]).toEqual([0, 500, 1500]);
    expect([...trace.inputTokens]).toEqual([11, 12, 13]);
    expect([...trace.outputTokens]).toEqual([7, 8, 9]);
  });

  it.each([
    ['2023-02-29 00:00:00,1,1', 'TIMESTAMP'],
    ['2023-13-01 00:00:00,1,1', 'TIMESTAMP'],
    ['2023-01-01 24:00:00,1,1', 'TIMESTAMP'],
    ['1700000000,1,1', 'TIMESTAMP'],
    [',1,1', 'TIMESTAMP'],
    ['2023-01-01 00:00:00,0,1', 'ContextTokens'],
    ['2023-01-01 00:00:00,1e3,1', 'ContextTokens'],
    ['2023-01-01 00:00:00,1,-1', 'GeneratedTokens'],
    ['2023-01-01 00:00:00,1,99999999', 'GeneratedTokens'],
    ['2023-01-01 00:00:00,1', 'GeneratedTokens'],
  ])('are refused with line and field: %s', async (line, field) => {
    const error = await refusal(`${HEADER}\n2023-01-01 00:00:00,1,1\n${line}`);
    expect(error.message).toContain(`trace:3: field "${field}" `);
  });

  it('need closed quotes', async () => {
    expect((await refusal(`${HEADER}\n"2023-01-01 00:00:00,1,1`)).message).toContain(
      ':2: the line has an open quote',
    );
  });
});

describe('the format', () => {
  it('is forced by an option', async () => {
    expect((await refusal(row(), { format: 'azure' })).message).toContain(
      ':1: the line must be the header TIMESTAMP,',
    );
    expect((await refusal(`${HEADER}\n`, { format: 'mooncake' })).message).toContain(
      ':1: the line is not a JSON object',
    );
  });

  it.each([
    ['2023-01-01 00:00:00,1,1', 'neither'],
    ['{"messages":[]}', 'none of timestamp'],
  ])('is unknown: %s', async (content, problem) => {
    const error = await refusal(content);
    expect(error.code).toBe('FAKEAI_TRACE_FORMAT_UNKNOWN');
    expect(error.message).toContain(problem);
  });

  it('of a compressed file is unknown', async () => {
    expect((await refusal(Uint8Array.of(0x1f, 0x8b, 8, 0))).message).toContain('compressed');
  });

  it('is told by the first line, even if that is broken', () => {
    expect(detectFormat(` ${HEADER.toUpperCase()} `)).toEqual({ format: 'azure' });
    expect(detectFormat('{"timestamp":')).toEqual({ format: 'mooncake' });
  });
});

describe('Bailian rows', () => {
  it('have seconds and blocks of 16 tokens', async () => {
    const trace = await read(
      [
        '{"chat_id":1,"parent_chat_id":-1,"timestamp":61.114,"input_length":20,"output_length":3,"type":"text","turn":1,"hash_ids":[7,8]}',
        '{"chat_id":2,"parent_chat_id":1,"timestamp":62.5,"input_length":40,"output_length":3,"type":"text","turn":2,"hash_ids":[7,8,9]}',
      ].join('\n'),
    );
    expect(trace.source.format).toBe('bailian');
    expect(trace.hashBlockTokens).toBe(16);
    expect(trace.instantMs[1]).toBeCloseTo(1386, 6);
    expect([...trace.hashIds]).toEqual([7, 8, 7, 8, 9]);
  });

  it('are refused with more hashes than blocks', async () => {
    const line = '{"parent_chat_id":-1,"timestamp":1,"input_length":16,"output_length":3,"hash_ids":[7,8]}';
    expect((await refusal(line)).message).toContain('16 tokens have 1 block of 16');
  });
});

describe('BurstGPT rows', () => {
  const BURST = 'Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type';

  it('have seconds, in columns that the header names', async () => {
    const trace = await read(
      `${BURST}\n5,ChatGPT,472,18,490,Conversation log\n45.5,GPT-4,1087,0,1087,API log`,
    );
    expect(trace.source.format).toBe('burstgpt');
    expect([...trace.instantMs]).toEqual([0, 40_500]);
    expect([...trace.inputTokens]).toEqual([472, 1087]);
    expect([...trace.outputTokens]).toEqual([18, 1]);
  });

  it.each([
    ['-5,x,1,1,2,y', 'Timestamp'],
    ['5,x,0,1,2,y', 'Request tokens'],
    ['5,x,1', 'Response tokens'],
  ])('are refused with line and field: %s', async (line, field) => {
    expect((await refusal(`${BURST}\n${line}`)).message).toContain(`trace:2: field "${field}" `);
  });
});

describe('recorded rows', () => {
  it('name their units', async () => {
    const trace = await read('{"at_ms":5,"input_tokens":20,"output_tokens":2,"hash_ids":[1,2]}');
    expect(trace.source.format).toBe('recorded');
    expect([trace.inputTokens[0], trace.outputTokens[0], trace.hashBlockTokens]).toEqual([20, 2, 16]);
    expect((await refusal('{"at_ms":5}')).message).toContain('field "input_tokens" is missing');
  });

  const turn = (index: number, number: number, at_ms: number, input_tokens: number, more = {}): string =>
    JSON.stringify({ index, turn: number, at_ms, input_tokens, output_tokens: 3, ...more });

  it('of one session begin with each other, whatever the order of the file', async () => {
    const rows = [turn(7, 1, 20, 50), turn(3, 0, 5, 90), turn(7, 0, 0, 20), turn(7, 2, 40, 70)];
    const trace = await read(rows.join('\n'));
    const idsOf = (row: number): number[] => [
      ...trace.hashIds.subarray(trace.hashStart[row], trace.hashStart[row + 1]),
    ];
    expect([...trace.inputTokens]).toEqual([20, 90, 50, 70]);
    // A session of one turn shares nothing.
    expect([0, 1, 2, 3].map((row) => idsOf(row).length)).toEqual([2, 0, 4, 5]);
    expect(idsOf(3).slice(0, 4)).toEqual(idsOf(2));
    expect(idsOf(2).slice(0, 2)).toEqual(idsOf(0));
    const content = traceContent(1, trace);
    const said = [0, 1, 2, 3].map((row) => {
      const message = content.at(row).say();
      return 'prompt' in message ? message.prompt : '';
    });
    expect(said[2]!.startsWith(said[0]!)).toBe(true);
    expect(said[3]!.startsWith(said[2]!)).toBe(true);
    expect(said[2]!.startsWith(said[1]!.slice(0, 20))).toBe(false);
  });

  it('of sessions keep the hashes that they have, apart from those of others', async () => {
    const trace = await read([turn(1, 0, 0, 20, { hash_ids: [900, 4] }), turn(1, 1, 1, 40)].join('\n'));
    expect([...trace.hashIds]).toEqual([900, 4, 901, 902, 903]);
  });
});

describe('a part of a trace', () => {
  const content = [0, 1000, 2000, 3000]
    .map((timestamp, i) =>
      row({ timestamp, input_length: 100 * (i + 1), output_length: i + 1, hash_ids: [i] }),
    )
    .join('\n');

  it('begins and ends in time; its beginning is the start', async () => {
    const trace = await read(content, { selection: { fromMs: 500, toMs: 3000 } });
    expect([...trace.instantMs]).toEqual([500, 1500]);
    expect([...trace.hashIds]).toEqual([1, 2]);
    expect([...trace.hashStart]).toEqual([0, 1, 2]);
    expect(trace.source).toMatchObject({ fromMs: 500, toMs: 3000 });
  });

  it('has lengths within bounds', async () => {
    const trace = await read(content, {
      selection: { inputTokens: { min: 200 }, outputTokens: { max: 3 } },
    });
    expect([...trace.inputTokens]).toEqual([200, 300]);
    expect(trace.source).toMatchObject({ inputTokens: { min: 200 }, outputTokens: { max: 3 } });
  });

  it('must not be empty', async () => {
    const error = await refusal(content, { selection: { fromMs: 5000 } });
    expect(error.code).toBe('FAKEAI_DATA_UNUSABLE');
  });
});

describe('instants in whole steps', () => {
  const content = [0, 0, 0, 0, 2000, 2000, 5000].map((timestamp) => row({ timestamp })).join('\n');

  it('are spread over their step, the same for the same seed', async () => {
    const trace = await read(content, { dequantize: { stepMs: 1000, seed: 1 } });
    const instants = [...trace.instantMs];
    expect(instants.map((ms) => Math.floor(ms / 1000))).toEqual([0, 0, 0, 0, 2, 2, 5]);
    expect(instants).toEqual(instants.toSorted((a, b) => a - b));
    expect(new Set(instants).size).toBe(7);
    expect(trace.source.dequantizedMs).toBe(1000);
    expect([...(await read(content, { dequantize: { stepMs: 1000, seed: 1 } })).instantMs]).toEqual(instants);
  });

  it('are refused if they are no multiples of the step', async () => {
    const error = await refusal(content, { dequantize: { stepMs: 1500, seed: 1 } });
    expect(error.message).toContain('no multiples of 1500 ms after the first, such as 2000 ms');
  });
});
