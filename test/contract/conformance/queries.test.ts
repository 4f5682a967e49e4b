/**
 * No parameter of a query is without effect: of each there are requests, equal but for it, that are not answered alike
 * (effects/queries.ts); what it cannot be is refused, and what OpenAI does not know is ignored, as OpenAI does.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../../src/server/index.js';
import { observe } from '../../support/effects/observe.js';
import { OF_PAGES, QUERIES, UNSEEN } from '../../support/effects/queries.js';
import { type Example, EXAMPLES, sendExample, World } from '../../support/examples/index.js';
import { faultOf, placeOf } from '../../support/refusals.js';
import { startTestServer } from '../../support/server.js';
import { expectError, operations, queryFields } from '../../support/spec.js';

let server: RunningServer;
let world: World;
beforeAll(async () => {
  server = await startTestServer({ threads: 1, model: [], bodyLimit: 8 * 1024 * 1024, batchRate: 500, drain: 0, fineTuneDuration: 0 }); // prettier-ignore
  world = new World(server.url);
});
afterAll(async () => {
  await world.close();
  await server.close();
});

const WITH_QUERY = Object.keys(EXAMPLES).filter((id) => Object.keys(operations.get(id)!.query).length > 0);
const PARAMETERS = WITH_QUERY.flatMap((id) =>
  Object.keys(operations.get(id)!.query)
    .filter((name) => !OF_PAGES.has(name))
    .map((name) => `${id} ${name}`),
);

it('all parameters of queries are walked', () => {
  expect([...Object.keys(QUERIES), ...Object.keys(UNSEEN)].toSorted()).toEqual(PARAMETERS.toSorted());
});

it.each(Object.keys(QUERIES))('%s has an effect', async (row) => {
  const [id] = row.split(' ') as [string];
  const { example, queries } = await QUERIES[row]!(world);
  const seen = new Map<string, string>();
  for (const query of queries) {
    const { status, text } = await observe(world, id, { ...example, query });
    expect(status, text).toBe(200);
    expect(seen.get(text), query).toBeUndefined();
    seen.set(text, query);
  }
});

/** Of something that is over, where there is one: what is under way changes by itself. */
const exampleOf = (id: string): Promise<Example> =>
  world.once(`example of ${id}`, async () => {
    const row = Object.keys(QUERIES).find((one) => one.startsWith(`${id} `));
    return row ? (await QUERIES[row]!(world)).example : EXAMPLES[id]!(world);
  });

describe.each(WITH_QUERY)('%s', (id) => {
  it('refuses what its parameters cannot be, and says which', async () => {
    const example = await exampleOf(id);
    const refuses = async (name: string, query: string, code: string): Promise<void> => {
      const error = await expectError(await sendExample(server.url, id, { ...example, query }), 400);
      expect(faultOf(error), query).toBe(code);
      if (id !== 'listFiles') expect(placeOf(error)?.split('[')[0], query).toBe(name);
    };
    for (const { name, kind, values, isList, longest } of queryFields(id)) {
      if (name === 'limit') continue;
      if (values) await refuses(name, `${name}=nothing-listed`, 'invalid_value');
      if (values && isList) await refuses(name, `${name}[]=nothing-listed`, 'invalid_value');
      if (kind === 'integer') await refuses(name, `${name}=1.5`, 'invalid_type');
      if (kind === 'boolean')
        for (const text of ['perhaps', '1', '0', 'True'])
          await refuses(name, `${name}=${text}`, 'invalid_type');
      if (longest !== undefined)
        await refuses(name, `${name}=${'a'.repeat(longest + 1)}`, 'string_above_max_length');
    }
  });

  it('ignores what it does not know, and what is empty', async () => {
    if (operations.get(id)!.method !== 'GET') return;
    const example = await exampleOf(id);
    const names = Object.keys(operations.get(id)!.query);
    const beside = example.query ? [example.query] : [];
    const empty = names.filter((name) => !example.query?.includes(name)).map((name) => `${name}=`);
    const plain = await observe(world, id, example);
    for (const query of ['zzz=1', 'zzz[a]=1&__proto__[b]=2', empty.join('&')])
      expect(await observe(world, id, { ...example, query: [...beside, query].join('&') })).toEqual(plain);
  });
});
