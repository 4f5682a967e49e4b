import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import {
  expectAnswer,
  expectError,
  expectEvents,
  expectSchema,
  operations,
  violations,
} from '../../support/spec.js';

const FILE = {
  id: 'file-1',
  object: 'file',
  bytes: 3,
  created_at: 1,
  filename: 'a.txt',
  purpose: 'assistants',
  status: 'processed',
};

const json = (body: unknown, status = 200): Response => Response.json(body, { status });

describe('the slices', () => {
  test('hold every operation, each once', () => {
    expect(operations.size).toBe(281);
    expect(new Set([...operations.values()].map(({ method, path }) => `${method} ${path}`)).size).toBe(281);
  });

  test('are schemas', () => {
    const folder = new URL('../../spec/', import.meta.url);
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    for (const name of readdirSync(folder).filter((one) => one.endsWith('.json'))) {
      const { $defs } = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as { $defs: object };
      expect([name, ajv.validateSchema({ $defs }), ajv.errors]).toEqual([name, true, null]);
    }
  });

  test('refer to nothing outside', () => {
    const folder = new URL('../../spec/', import.meta.url);
    for (const name of readdirSync(folder).filter((one) => one.endsWith('.json'))) {
      const text = readFileSync(new URL(name, folder), 'utf8');
      const defined = Object.keys((JSON.parse(text) as { $defs: object }).$defs).map(
        (one) => `#/$defs/${one}`,
      );
      const used = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, target]) => target);
      expect(defined, name).toEqual(expect.arrayContaining([...new Set(used)]));
    }
  });
});

describe('a violation is found', () => {
  test('in a body', () => {
    expect(violations('retrieveFile', FILE)).toEqual([]);
    expect(violations('retrieveFile', { ...FILE, purpose: 'fun' })).toEqual([
      expect.stringContaining('/purpose must be equal to one of the allowed values'),
    ]);
    const { id: _, ...nameless } = FILE;
    expect(violations('retrieveFile', nameless)).toEqual([expect.stringContaining("required property 'id'")]);
  });

  test('in a property that the specification does not name, at every depth', () => {
    expect(violations('retrieveFile', { ...FILE, siez: 3 })).toEqual([
      expect.stringContaining('"unevaluatedProperty":"siez"'),
    ]);
    const list = { object: 'list', first_id: FILE.id, last_id: FILE.id, has_more: false };
    expect(violations('listFiles', { ...list, data: [FILE] })).toEqual([]);
    expect(violations('listFiles', { ...list, data: [{ ...FILE, siez: 3 }] })).toEqual([
      expect.stringContaining('/data/0'),
    ]);
  });

  test('in a request', () => {
    const body = { input_file_id: 'file-1', endpoint: '/v1/embeddings', completion_window: '24h' };
    expect(violations('createBatch', body, 'request')).toEqual([]);
    expect(violations('createBatch', { ...body, completion_window: '1h' }, 'request')).toHaveLength(1);
  });

  test('in an answer: its status, its type, its body', async () => {
    expect(await expectAnswer('retrieveFile', json(FILE))).toEqual(FILE);
    await expect(expectAnswer('retrieveFile', json(FILE, 404))).rejects.toThrow('answered 404');
    await expect(expectAnswer('retrieveFile', new Response(JSON.stringify(FILE)))).rejects.toThrow(
      'content type',
    );
    await expect(expectAnswer('retrieveFile', json({}))).rejects.toThrow('body of retrieveFile');
  });

  test('in an event', async () => {
    const stream = (...events: unknown[]): Response =>
      new Response(
        [...events.map((one) => JSON.stringify(one)), '[DONE]'].map((one) => `data: ${one}\n\n`).join(''),
        {
          headers: { 'content-type': 'text/event-stream; charset=utf-8' },
        },
      );
    const chunk = {
      id: 'c',
      object: 'chat.completion.chunk',
      created: 1,
      model: 'm',
      choices: [{ index: 0, delta: { content: 'a' }, finish_reason: null }],
    };
    expect(await expectEvents('createChatCompletion', stream(chunk))).toEqual([chunk]);
    await expect(
      expectEvents('createChatCompletion', stream(chunk, { ...chunk, created: 'now' })),
    ).rejects.toThrow('/created must be integer');
  });

  test('in a schema called by its name', () => {
    expectSchema('files', 'OpenAIFile', FILE);
    expect(() => expectSchema('files', 'OpenAIFile', {})).toThrow('OpenAIFile');
  });

  test('in an error', async () => {
    const error = {
      message: 'No such File object: x',
      type: 'invalid_request_error',
      param: 'id',
      code: null,
    };
    expect(await expectError(json({ error }, 404), 404, { param: 'id' })).toEqual(error);
    await expect(expectError(json({ error }, 400), 404)).rejects.toThrow('404');
    await expect(expectError(json({ error: { ...error, param: 1 } }, 404), 404)).rejects.toThrow(
      '/error/param',
    );
    await expect(expectError(json({ error }, 404), 404, { code: 'x' })).rejects.toThrow('code');
  });
});
