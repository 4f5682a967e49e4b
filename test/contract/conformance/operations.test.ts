/** Every operation, once, with a working example: status, headers and body are what the specification says. */
import { afterAll, beforeAll, expect, it, test } from 'vitest';
import type { RunningServer } from '../../../src/server/index.js';
import {
  ENDED_EARLY,
  EXAMPLES,
  exampleOperations,
  sendExample,
  SLOW,
  World,
} from '../../support/examples/index.js';
import { startTestServer } from '../../support/server.js';
import { expectValid, operations } from '../../support/spec.js';

let server: RunningServer;
/** Where nothing that is begun comes to its end. */
let slow: RunningServer;
let worlds: Map<RunningServer, World>;
beforeAll(async () => {
  const options = { threads: 1, model: [], bodyLimit: 8 * 1024 * 1024, batchRate: 50, drain: 0 };
  [server, slow] = await Promise.all([startTestServer(options), startTestServer({ ...options, ...SLOW })]);
  worlds = new Map([server, slow].map((one) => [one, new World(one.url)]));
});
afterAll(async () => {
  await Promise.all([...worlds.values()].map((world) => world.close()));
  await Promise.all([server.close(), slow.close()]);
});

/** What there never is anything of, so that nothing but an error can be answered, and why. */
const NEVER: Readonly<Record<string, string>> = {
  GetThreadMethod: 'nothing here makes ChatKit threads',
  DeleteThreadMethod: 'nothing here makes ChatKit threads',
  ListThreadItemsMethod: 'nothing here makes ChatKit threads',
};

/** Answers that are not JSON; of some the specification says another type than OpenAI's service answers. */
const FILES: Readonly<Record<string, string>> = {
  'create-realtime-call': 'application/sdp',
  createSpeech: 'audio/wav',
  downloadFile: 'application/octet-stream',
  RetrieveContainerFileContent: 'application/octet-stream',
  GetSkillContent: 'application/zip',
  GetSkillVersionContent: 'application/zip',
  RetrieveVideoContent: 'image/webp',
};

/** What the specification has no schema for. */
const DELETED: Readonly<Record<string, string>> = {
  deleteResponse: 'response',
  DeleteContainer: 'container.deleted',
  DeleteContainerFile: 'container.file.deleted',
};

function expectHeaders({ headers }: Response): void {
  expect(headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/);
  expect(headers.get('openai-processing-ms')).toMatch(/^\d+$/);
  expect(headers.get('openai-version')).toBe('2020-10-01');
}

test.each(Object.keys(EXAMPLES))('%s', async (id) => {
  const asked = ENDED_EARLY.has(id) ? slow : server;
  const response = await sendExample(asked.url, id, await EXAMPLES[id]!(worlds.get(asked)!));
  const status = Object.keys(operations.get(id)!.responses)[0];
  if (response.status !== Number(status))
    expect(await response.text()).toBe(`an answer with status ${status}`);
  expectHeaders(response);
  const type = response.headers.get('content-type');
  if (id in FILES) {
    expect(type).toBe(FILES[id]);
    expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(1);
    return;
  }
  if (/^(accept|hangup|refer|reject)-realtime-call$/.test(id)) {
    expect(await response.text()).toBe('');
    return;
  }
  expect(type).toBe('application/json');
  const body: unknown = await response.json();
  if (id in DELETED)
    expect(body).toEqual({ id: expect.any(String) as string, object: DELETED[id], deleted: true });
  else expectValid(id, body);
});

it('has every operation, but for those that are not simulated or never have anything', async () => {
  const missing: string[] = [];
  for (const { id, method, path } of exampleOperations) {
    if (id in EXAMPLES || id in NEVER) continue;
    const url = `${server.url}/v1${path.replaceAll(/\{\w+\}/g, 'x')}`;
    const response = await fetch(url, { method, ...(method === 'GET' ? {} : { body: '{}' }) });
    if (response.status !== 501) missing.push(id);
  }
  expect(missing).toEqual([]);
});

it.each(Object.entries(NEVER))('%s is not found: %s', async (id) => {
  const { method, path } = operations.get(id)!;
  const init = method === 'POST' ? { method, body: '{}' } : { method };
  const response = await fetch(`${server.url}/v1${path.replaceAll(/\{\w+\}/g, 'x')}`, init);
  expect(response.status).toBe(404);
});
