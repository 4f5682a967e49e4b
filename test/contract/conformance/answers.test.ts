/** The answers that OpenAI's specification shows: ours have all fields that those have, of the same types, at every place. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunningServer } from '../../../src/server/index.js';
import {
  ENDED_EARLY,
  type Example,
  EXAMPLES,
  sendExample,
  SLOW,
  World,
} from '../../support/examples/index.js';
import { startTestServer } from '../../support/server.js';
import { violations } from '../../support/spec.js';

interface Shown {
  operationId: string;
  title: string;
  answer: Record<string, unknown>;
}

const options = { threads: 1, model: [], bodyLimit: 8 * 1024 * 1024, batchRate: 50, drain: 0 };
let servers: [RunningServer, RunningServer];
let worlds: [World, World];
beforeAll(async () => {
  servers = await Promise.all([startTestServer(options), startTestServer({ ...options, ...SLOW })]);
  worlds = [new World(servers[0].url), new World(servers[1].url)];
});
afterAll(async () => {
  for (const world of worlds) await world.close();
  for (const server of servers) await server.close();
});

const file = new URL('../../spec/examples/answers.json', import.meta.url);
const ALL = JSON.parse(readFileSync(file, 'utf8')) as Shown[];

/** What is not there, and why. */
const EXCEPTIONS: readonly (readonly [RegExp, string])[] = [
  [/Assistant tool_resources\.|Thread tool_resources\./, 'as it was sent, which is something else here'],
  [/sampling_params\.|function\.description$/, 'as it was sent, without what was not said'],
  [
    /tool_choice: |hyperparameters\.\w+: string, not number$/,
    'as it was sent: a name or an object, `auto` or a number',
  ],
  [/^createTranscription logprobs$/, 'has to be asked for'],
  [/^createChatCompletion choices\[\]\.message\.tool_calls$/, 'answers in words where no tool is there'],
  [/(^| |\.)expires_at$/, 'of files that end'],
  [/^runGrader model_grader_token_usage_per_model\./, 'is of the model that was asked'],
  [/^create-realtime-session (turn_detection|tracing)$/, 'is in `audio.input`; of what is traced'],
];
/** ChatKit has no operation that makes a thread. */
const UNMADE = new Set(['ListThreadItemsMethod', 'GetThreadMethod', 'ListThreadsMethod']);

/** Objects whose names are whoever's who asks. */
const OPEN = /(?:^|\.)(?:metadata|properties|attributes|sample_data|arguments|item|datasource_item)$/;

const typeOf = (value: unknown): string => (Array.isArray(value) ? 'array' : typeof value);
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether two objects are of one kind, as far as they say what they are. */
const alike = (shown: unknown, ours: unknown): boolean =>
  !isObject(shown) ||
  !isObject(ours) ||
  ['object', 'type', 'role'].every((name) => typeof shown[name] !== 'string' || shown[name] === ours[name]);

/** What an answer shown has and ours has not, by its place. */
function lacking(shown: unknown, ours: unknown, place: string): string[] {
  if (shown === null || ours === null) return [];
  if (typeOf(shown) !== typeOf(ours)) return [`${place}: ${typeOf(shown)}, not ${typeOf(ours)}`];
  if (Array.isArray(shown))
    return shown.flatMap((one) => {
      const same = (ours as unknown[]).find((other) => alike(one, other));
      return same === undefined ? [] : lacking(one, same, `${place}[]`);
    });
  if (!isObject(shown) || OPEN.test(place) || !alike(shown, ours)) return [];
  return Object.entries(shown).flatMap(([name, value]) => {
    const at = place === '' ? name : `${place}.${name}`;
    const other = (ours as Record<string, unknown>)[name];
    return other === undefined ? [at] : lacking(value, other, at);
  });
}

/** Whether the specification's own schema takes what its example has there. */
function isTaken(id: string, ours: unknown, shown: unknown, place: string): boolean {
  if (place.includes(':')) return true;
  const changed = structuredClone(ours);
  const names = place.split('.');
  fill(changed, shown, names);
  return violations(id, changed).length <= violations(id, ours).length;
}

/** Puts into a value what another one has at a place. */
function fill(target: unknown, shown: unknown, [name, ...rest]: string[]): void {
  const key = name!.replace('[]', '');
  if (!isObject(target) || !isObject(shown)) return;
  if (rest.length === 0) {
    target[key] = shown[key];
    return;
  }
  const pairs: [unknown, unknown][] = name!.endsWith('[]')
    ? (shown[key] as unknown[]).map((one) => [
        (target[key] as unknown[]).find((other) => alike(one, other)),
        one,
      ])
    : [[target[key], shown[key]]];
  for (const [inner, one] of pairs) fill(inner, one, rest);
}

/** Our answer to a request that works. */
function answered(id: string): Promise<unknown> {
  const world = worlds[ENDED_EARLY.has(id) ? 1 : 0];
  return world.once(`answer of ${id}`, async () => {
    const example: Example = await EXAMPLES[id]!(world);
    const response = await sendExample(world.url, id, example);
    const text = await response.text();
    expect(response.status, text).toBeLessThan(300);
    return JSON.parse(text) as unknown;
  });
}

it.each(
  ALL.filter(({ operationId }) => !UNMADE.has(operationId)).map(
    (one) => [`${one.operationId} ${one.title}`.trim(), one] as const,
  ),
)('%s', async (_, { operationId, answer }) => {
  const ours = await answered(operationId);
  const found = [...new Set(lacking(answer, ours, ''))].filter((place) =>
    isTaken(operationId, ours, answer, place),
  );
  const places = found.map((place) => `${operationId} ${place}`);
  expect(places.filter((place) => !EXCEPTIONS.some(([pattern]) => pattern.test(place)))).toEqual([]);
});
