/** A chat request that comes again, byte by byte, is answered without being read again: nobody may notice. */
import * as fc from '../support/fast-check.js';
import { afterEach, expect, it } from 'vitest';
import { InstantGenerator } from '../../src/server/generation/instant.js';
import { CachingGenerator, PrefixMemory } from '../../src/server/generation/prefix-memory.js';
import { Fixtures } from '../../src/server/text/fixtures.js';
import { TestApp } from '../support/app.js';

const LONG = 'All of this has been said before. '.repeat(250);
const TUNED = 'ft:gpt-4o:acme::x';

const apps: TestApp[] = [];
afterEach(() => Promise.all(apps.splice(0).map((app) => app.close())));

function start(): TestApp {
  const generator = new CachingGenerator(new InstantGenerator(), new PrefixMemory());
  const app = new TestApp(generator, { model: [], unknownModels: 'accept' });
  apps.push(app);
  return app;
}

const plain = fc.record(
  {
    model: fc.constantFrom('fakeai-1', 'gpt-4o', 'nobody-knows-it', TUNED),
    messages: fc.array(
      fc.record({
        role: fc.constantFrom('system', 'user'),
        content: fc.constantFrom('Hi', 'Ünïcödé', 'Say more.', LONG),
      }),
      { minLength: 1, maxLength: 2 },
    ),
    stream: fc.boolean(),
    n: fc.integer({ min: 1, max: 2 }),
    max_tokens: fc.constantFrom(1, 20),
    seed: fc.integer({ min: 0, max: 1 }),
    stop: fc.constantFrom('a', ['the ', '.']),
    user: fc.constantFrom('ann', 'bob'),
    temperature: fc.constantFrom(0, 1),
  },
  { requiredKeys: ['model', 'messages'] },
);
const more = fc.constantFrom<object>(
  ...['o1', 'tts-1', 'gpt-4o-search-preview'].map((model) => ({ model })),
  { max_tokens: 0 },
  { tools: [{ type: 'function', function: { name: 'f' } }] },
  { store: true },
  { response_format: { type: 'json_object' } },
);
const body: fc.Arbitrary<Record<string, unknown>> = fc
  .tuple(plain, fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, more))
  .map(([usual, other]) => ({ ...usual, ...other }));

/** What happens: mostly one of the requests again, sometimes something that changes what is answered. */
const step = fc.oneof(
  { weight: 12, arbitrary: fc.nat(2) },
  { weight: 1, arbitrary: fc.constantFrom('remove', 'fixtures', 'no fixtures', 'pass') },
);

function change(app: TestApp, what: string): void {
  if (what === 'remove') app.models.remove(TUNED);
  else if (what === 'pass') app.pass(1500);
  else app.useFixtures(what === 'fixtures' ? fixtures() : undefined);
}

const fixtures = (): Fixtures =>
  new Fixtures([{ name: 'hi', match: { message: 'Hi' }, answer: { text: 'From a fixture.' } }], {
    strict: false,
    timeScale: 1,
    calls: undefined,
  });

/** Ids of what is stored are drawn by chance. */
const shown = (answer: { status: number; headers: string; body: Buffer }, isStored: boolean): string =>
  `${answer.status}\n${answer.headers}\n${answer.body.toString('utf8')}`.replaceAll(
    isStored ? /chatcmpl-\w+/g : /^$/g,
    '',
  );

it('is answered as one that is read: in words, ids, headers, usage, metrics, errors', async () => {
  const headers = new Map([['content-type', 'application/json']]);
  const answer = async (app: TestApp, sent: string) =>
    app.postBytes('/v1/chat/completions', Buffer.from(sent), headers);
  await fc.assert(
    fc.asyncProperty(
      fc.array(body, { minLength: 3, maxLength: 3 }),
      fc.array(step, { minLength: 15, maxLength: 25 }),
      async (bodies, steps) => {
        const [repeating, reading] = [start(), start()];
        for (const [i, what] of steps.entries()) {
          if (typeof what === 'string') {
            for (const app of [repeating, reading]) change(app, what);
            continue;
          }
          const asked = bodies[what]!;
          const text = JSON.stringify(asked);
          const again = await answer(repeating, text);
          // White space at the end means nothing, but makes these other bytes.
          const read = await answer(reading, text + ' '.repeat(i + 1));
          expect(shown(again, asked.store === true)).toBe(shown(read, asked.store === true));
        }
        expect(repeating.meters).toEqual(reading.meters);
      },
    ),
    { numRuns: 25 },
  );
});

it('makes room for fixtures and for models that are gone', async () => {
  const app = start();
  const post = async (model: string) => {
    const body = Buffer.from(JSON.stringify({ model, messages: [{ role: 'user', content: 'Hi' }] }));
    const { status, body: answer } = await app.postBytes('/v1/chat/completions', body, new Map());
    return { status, text: answer.toString('utf8') };
  };
  for (let i = 0; i < 4; i++)
    for (const model of ['fakeai-1', TUNED]) expect((await post(model)).status).toBe(200);
  app.models.remove(TUNED);
  expect((await post(TUNED)).status).toBe(404);
  const before = await post('fakeai-1');
  app.useFixtures(fixtures());
  expect((await post('fakeai-1')).text).toContain('"From a fixture."');
  app.useFixtures(undefined);
  expect((await post('fakeai-1')).text).toBe(before.text);
});
