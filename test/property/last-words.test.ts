/** Chat requests that differ in their last words alone are read and answered on a shorter way: nobody may notice. */
import * as fc from '../support/fast-check.js';
import { afterEach, expect, it } from 'vitest';
import type {
  Generation,
  GenerationListener,
  GenerationRequest,
} from '../../src/server/generation/generator.js';
import { InstantGenerator } from '../../src/server/generation/instant.js';
import { CachingGenerator, PrefixMemory } from '../../src/server/generation/prefix-memory.js';
import { Fixtures } from '../../src/server/text/fixtures.js';
import { TestApp } from '../support/app.js';

const PROSE = 'All of this has been said before. ';
const TUNED = 'ft:gpt-4o:acme::x';
const HEADERS = [
  new Map([['content-type', 'application/json']]),
  new Map([
    ['x-session-id', 's'],
    ['authorization', 'Bearer k'],
  ]),
];

/** Tells its listeners everything, even where there is nothing to wait for. */
class TellingGenerator extends CachingGenerator {
  override readyAtOnce = (): boolean => false;

  override start(request: GenerationRequest, listener: GenerationListener): Generation {
    return super.start(request, listener);
  }
}

const apps: TestApp[] = [];
afterEach(() => Promise.all(apps.splice(0).map((app) => app.close())));

function start(Caching: typeof CachingGenerator): TestApp {
  const generator = new Caching(new InstantGenerator(), new PrefixMemory());
  const app = new TestApp(generator, { model: [], unknownModels: 'accept', cacheIsolation: 'user' });
  apps.push(app);
  return app;
}

const words = fc.oneof(
  { weight: 6, arbitrary: fc.string() },
  { weight: 3, arbitrary: fc.string({ unit: 'binary' }) },
  { weight: 1, arbitrary: fc.constantFrom(PROSE.repeat(250), PROSE.repeat(2500), 'a"b\\n') },
  { weight: 1, arbitrary: fc.constant('Hi') },
);
const kind = fc.record(
  {
    model: fc.constantFrom('fakeai-1', 'gpt-4o', 'nobody-knows-it', TUNED, 'o1'),
    before: fc.array(fc.record({ role: fc.constantFrom('system', 'user', 'assistant'), content: words }), {
      maxLength: 2,
    }),
    role: fc.constantFrom('user', 'assistant'),
    stream: fc.boolean(),
    n: fc.integer({ min: 1, max: 2 }),
    max_tokens: fc.constantFrom(1, 20, 16_000),
    max_completion_tokens: fc.constantFrom(5, 128_000),
    seed: fc.integer({ min: 0, max: 1 }),
    user: fc.constantFrom('ann', 'bob'),
    temperature: fc.constantFrom(0, 0.7, 1),
    top_p: fc.constantFrom(0.5, 1),
  },
  { requiredKeys: ['model', 'before', 'role'] },
);
const bodyOf = ({ before, role, ...rest }: { before: object[]; role: string }, content: string): string =>
  JSON.stringify({ ...rest, messages: [...before, { role, content }] });

/** Mostly one of the kinds with other words, sometimes something that changes what is answered. */
const step = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ kind: fc.constantFrom(0, 0, 0, 1, 1, 2), words, headers: fc.nat(1) }),
  },
  { weight: 2, arbitrary: fc.constantFrom('remove', 'fixtures', 'fixtures', 'no fixtures', 'pass') },
);

function change(app: TestApp, what: string): void {
  if (what === 'remove') app.models.remove(TUNED);
  else if (what === 'pass') app.pass(1500);
  else app.useFixtures(what === 'fixtures' ? fixtures() : undefined);
}

const fixtures = (): Fixtures =>
  new Fixtures([{ name: 'hi', match: { message: 'Hi' }, answer: { text: 'From a "fixture".' } }], {
    strict: false,
    timeScale: 1,
    calls: undefined,
  });

it('is answered as one that is read: in words, ids, headers, usage, metrics, errors', async () => {
  const answer = async (app: TestApp, sent: string, headers: ReadonlyMap<string, string>) => {
    const {
      status,
      headers: lines,
      body,
    } = await app.postBytes('/v1/chat/completions', Buffer.from(sent), headers);
    return `${status}\n${lines}\n${body.toString('utf8')}`;
  };
  await fc.assert(
    fc.asyncProperty(
      fc.array(kind, { minLength: 3, maxLength: 3 }),
      fc.array(step, { minLength: 15, maxLength: 25 }),
      async (kinds, steps) => {
        const [alike, reading] = [start(CachingGenerator), start(TellingGenerator)];
        for (const [i, what] of steps.entries()) {
          if (typeof what === 'string') {
            for (const app of [alike, reading]) change(app, what);
            continue;
          }
          const text = bodyOf(kinds[what.kind]!, what.words);
          const headers = HEADERS[what.headers]!;
          const short = await answer(alike, text, headers);
          // White space at the end means nothing, but no two bodies are alike with it.
          const read = await answer(reading, text + ' '.repeat(i + 1), headers);
          expect(short).toBe(read);
        }
        expect(alike.meters).toEqual(reading.meters);
      },
    ),
    { numRuns: 40 },
  );
});
