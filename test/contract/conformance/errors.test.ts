/** What is wrong with a request of any operation is said in the same way: what it is, and where. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../../src/server/index.js';
import {
  type Example,
  EXAMPLES,
  exampleOperations,
  sendExample,
  World,
} from '../../support/examples/index.js';
import { walkCases } from '../../support/parameter-walk.js';
import { faultOf, MODEL_FIRST, NO_MODEL, placeOf } from '../../support/refusals.js';
import { startTestServer } from '../../support/server.js';
import {
  type ErrorBody,
  expectError,
  fitsProperty,
  operations,
  requestProperties,
} from '../../support/spec.js';

let server: RunningServer;
let world: World;
beforeAll(async () => {
  const options = { threads: 1, model: [], bodyLimit: 8 * 1024 * 1024, batchRate: 50, drain: 0 };
  server = await startTestServer(options);
  world = new World(server.url);
});
afterAll(async () => {
  await world.close();
  await server.close();
});

/** Made once; what is refused changes nothing. */
const exampleOf = (id: string): Promise<Example> =>
  world.once(`example of ${id}`, async () => EXAMPLES[id]!(world));
const IDS = Object.keys(EXAMPLES);

/** Of other types than most properties have. */
const STRANGERS = [{ strange: [true] }, [{ strange: 1 }], 12.5, true, 'str\u00e4nge', -3] as const;

/** Required by the specification, which says elsewhere what is taken without them. */
const DEFAULTED: Readonly<Record<string, string>> = {
  createCompletion: 'without a prompt a model begins a new document',
  'create-realtime-session': 'the secret is made by the server',
  'accept-realtime-call': 'a call is of a realtime session where nothing else is said',
};

/** What OpenAI refuses without saying where it is: what is to be embedded. */
const NAMELESS = new Set(['createEmbedding input']);

const send = (id: string, example: Example): Promise<Response> => sendExample(server.url, id, example);

describe.each(IDS.filter((id) => Object.keys(operations.get(id)!.request).length > 0))('%s', (id) => {
  const { properties, required } = requestProperties(id);

  it('says what is missing', async () => {
    if (id in DEFAULTED) return;
    const example = await exampleOf(id);
    const [kind, fields] = example.form
      ? (['form', example.form] as const)
      : (['body', example.body!] as const);
    for (const name of required) {
      const { [name]: _, ...rest } = fields as Record<string, never>;
      const response = await send(id, { ...example, [kind]: rest });
      if (MODEL_FIRST.has(id) && name === 'model') {
        await expectError(response, 400, NO_MODEL);
        continue;
      }
      const error = await expectError(response, 400);
      expect([placeOf(error), faultOf(error)]).toEqual([name, 'missing_required_parameter']);
    }
  });

  it('says which property has a wrong type', async () => {
    const example = await exampleOf(id);
    if (example.form) return;
    const wrong: string[] = [];
    for (const name of properties.keys()) {
      if (NAMELESS.has(`${id} ${name}`)) continue;
      for (const value of STRANGERS) {
        if (fitsProperty(id, name, value)) continue;
        const response = await send(id, { ...example, body: { ...example.body, [name]: value } });
        if (response.status !== 400) {
          wrong.push(`${name} = ${JSON.stringify(value)}: ${response.status}`);
          continue;
        }
        const error = await expectError(response, 400);
        const isUnread =
          name === 'model' && MODEL_FIRST.has(id) && error.message.startsWith('We could not parse ');
        if (!isUnread && placeOf(error)?.split(/[.[]/)[0] !== name)
          wrong.push(`${name} = ${JSON.stringify(value)}: ${error.message}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

/** Places that nothing is checked of, and why. */
const UNREAD: readonly (readonly [RegExp, string])[] = [
  [/^(input|items)\[0\]\.(id|status|request_id|pending_safety_checks)$/, 'need not come back as it was'],
  [/^(input|items)\[0\]\.approval_request_id$/, 'is looked for among the items before'],
  [/^(input|items)\[0\]\.role$/, 'without a type it says which kind of item it is'],
  [/template\[0\]\.content/, 'of several ways to say it, the first is told of'],
  [/(sampling_params|\.tools\[0\])\.tools\[0\]/, 'tools within are read where they are used'],
  [/allowed_tools$/, 'an object is a filter, whatever is in it'],
  [/graders\./, 'the specification has one grader where several are'],
  [/tunnel_id$/, 'leads nowhere here'],
  [/^client_secret/, 'the secret is made by the server'],
  [/^logit_bias/, 'fractions are taken as other servers do'],
  [/^messages\[0\]\.content$/, 'an empty list is taken; what is not there has a place of its own'],
  [/^messages\[0\]\.name$/, 'names of functions are not needed'],
  [/^(bytes|filename|seconds|size|quality)$/, 'each model and purpose has its own'],
];

/** What may be missing where the specification says that it must not, because clients leave it out. */
const MAY_BE_MISSING =
  /\.(strict|parameters|detail|type|id|status|request_id|vector_stores|annotations|logprobs)$|^(input|items)\[0\]\.(role|call_id)$/;

/** The operation's own model or another thing says no first. */
const isUnread = (param: string, what: string): boolean =>
  UNREAD.some(([pattern]) => pattern.test(param)) || (what === 'missing' && MAY_BE_MISSING.test(param));

/** Types and roles of items are told of by the items. */
const names = (param: string | null, place: string): boolean =>
  param !== null && (param.startsWith(place) || place.replace(/\.(type|role)$/, '') === param);

/** Operations with the same items as another one, of which they are tried. */
const SAME_ITEMS = new Set(['Getinputtokencounts', 'Compactconversation', 'createConversation']);

describe('inside of bodies', () => {
  const ids = IDS.filter((id) => operations.get(id)!.request['application/json']);
  it.each(ids)('%s says which place is wrong', async (id) => {
    const example = await exampleOf(id);
    if (!example.body) return;
    const cases = walkCases(id, example.body).filter(({ param, what, isGood }) => !isGood && /[.[]/.test(param) && !isUnread(param, what) && !(SAME_ITEMS.has(id) && /^(input|items)\[/.test(param)) && !NAMELESS.has(`${id} ${param.split('[')[0]}`)); // prettier-ignore
    const wrong: string[] = [];
    const SHARE = 16;
    for (let i = 0; i < cases.length; i += SHARE)
      await Promise.all(
        cases.slice(i, i + SHARE).map(async ({ param, what, body, value }) => {
          const response = await send(id, { ...example, body });
          const text = await response.text();
          const said = response.status === 400 ? (JSON.parse(text) as { error: ErrorBody }).error : undefined;
          if (!said || !names(placeOf(said), param))
            wrong.push(
              `${param}: ${what} ${JSON.stringify(value)?.slice(0, 60)}: ${said?.message ?? response.status}`,
            );
        }),
      );
    expect(wrong).toEqual([]);
  });
});

describe.each(exampleOperations.map(({ id }) => id))('%s', (id) => {
  it('has no other method', async () => {
    const url = `${server.url}/v1${operations.get(id)!.path.replaceAll(/\{\w+\}/g, 'x')}`;
    const response = await fetch(url, { method: 'PATCH' });
    expect(response.headers.get('allow')).toContain(operations.get(id)!.method);
    await expectError(response, 405);
  });
});

const LISTS = IDS.filter((id) => 'limit' in operations.get(id)!.query);

/** Lists whose refusals say what is wrong without its name. */
const NOT_NAMED = new Set(['listFiles']);

describe.each(LISTS)('%s', (id) => {
  it('says which part of its query is wrong', async () => {
    const { query } = operations.get(id)!;
    const example = await exampleOf(id);
    const wrong = [
      ['limit', 'x'],
      ['limit', '0'],
      ['limit', '-1'],
      ['limit', '1.5'],
      ['limit', '1000000'],
      ['after', 'nobody-made-this'],
      ['before', 'nobody-made-this'],
      ['order', 'up'],
    ] as const;
    for (const [name, value] of wrong) {
      if (!(name in query)) continue;
      const error = await expectError(await send(id, { ...example, query: `${name}=${value}` }), 400);
      if (NOT_NAMED.has(id) && error.param === null) expect(faultOf(error)).not.toBeNull();
      else expect(error.param).toBe(name);
    }
  });
});
