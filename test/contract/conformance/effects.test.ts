/**
 * No parameter is without effect: for every place of the body of every operation there are two requests, equal but for it, that
 * are not answered alike, or leave other things behind; or it is listed why nothing is seen of it (effects/lists.ts).
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../../src/server/index.js';
import { rootOf, shapesOf } from '../../../src/server/protocols/openai/request-shapes.js';
import { AFTERMATHS } from '../../support/effects/aftermaths.js';
import { BASES, FRESH } from '../../support/effects/bases.js';
import { knownIn, TEMPLATES } from '../../support/effects/known.js';
import { LIKE, OMITTED, UNSEEN } from '../../support/effects/lists.js';
import { type Observation, observe } from '../../support/effects/observe.js';
import { type Alternatives, alternativesOf, isWithin, placeOf } from '../../support/effects/places.js';
import { type Example, EXAMPLES, World } from '../../support/examples/index.js';
import { startTestServer } from '../../support/server.js';
import { operations } from '../../support/spec.js';

let folder: string;
let server: RunningServer;
let world: World;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fakeai-effects-'));
  const prompts = join(folder, 'prompts.json');
  await writeFile(prompts, JSON.stringify(TEMPLATES));
  server = await startTestServer({ threads: 1, model: [], bodyLimit: 8 * 1024 * 1024, batchRate: 500, drain: 0, fineTuneDuration: 0, prompts: [prompts] }); // prettier-ignore
  world = new World(server.url);
});
afterAll(async () => {
  await world.close();
  await server.close();
  await rm(folder, { recursive: true });
});

const IDS = Object.keys(EXAMPLES).filter((id) => operations.get(id)!.request['application/json'] && !(id in OMITTED)); // prettier-ignore

class Looker {
  readonly #seen = new Map<string, Promise<Observation>>();

  constructor(
    private readonly id: string,
    private readonly example: Example,
  ) {}

  look(body: object): Promise<Observation> {
    const key = JSON.stringify(body);
    const known = this.#seen.get(key) ?? this.#ask(body);
    this.#seen.set(key, known);
    return known;
  }

  /** The same once more. */
  async again(body: object): Promise<Observation> {
    return this.#ask(body);
  }

  async #ask(body: object): Promise<Observation> {
    const example = FRESH.test(this.id) ? await EXAMPLES[this.id]!(world) : this.example;
    return observe(world, this.id, { ...example, body }, AFTERMATHS[this.id]);
  }
}

/**
 * Whether two of some requests are told apart; or only one value can be sent (and is what is meant where none is), and the others
 * are refused for this place.
 */
async function hasEffect(looker: Looker, place: string, bodies: Alternatives): Promise<boolean> {
  const taken: string[] = [];
  let refused = 0;
  let count = 0;
  for (const body of bodies()) {
    count++;
    const seen = await looker.look(body);
    expect(seen.status, `${JSON.stringify(body)}: ${seen.text}`).toBeLessThan(500);
    if (seen.status < 400) taken.push(seen.text);
    else if (seen.param !== null && isNear(place, placeOf(seen.param))) refused++;
    if (new Set(taken).size > 1) return true;
  }
  return refused > 0 && taken.length > 0 && taken.length <= 2 && refused + taken.length === count;
}

/** What is wrong with a place is said of it, of what holds it, or of what is in it. */
const isNear = (place: string, named: string): boolean => isWithin(place, named) || isWithin(named, place);

const isListed = (id: string, place: string): boolean =>
  Object.keys(UNSEEN[id] ?? {}).some((listed) => isWithin(place, listed));
const isLike = (id: string, place: string): boolean =>
  LIKE.some(([operation, outer]) => operation === id && place !== '' && isWithin(place, outer));

/** The types of what can be in a place, or of its items. */
function kindsAt(id: string, place: string): unknown[] {
  let nodes = [rootOf(id)!];
  for (const name of place.split('.'))
    nodes = nodes.flatMap((node) => shapesOf(node).flatMap(({ m }) => m?.[name] ?? []));
  const items = nodes.flatMap((node) => shapesOf(node).flatMap(({ i }) => i ?? []));
  return [...nodes, ...items]
    .flatMap((node) => shapesOf(node).flatMap(({ m }) => m?.['type'] ?? []))
    .flatMap((node) => shapesOf(node).flatMap(({ e }) => e ?? []));
}

const exampleOf = (id: string): Promise<Example> =>
  world.once(`example of ${id}`, async () => EXAMPLES[id]!(world));
const basesOf = (id: string): Promise<object[]> =>
  world.once(`bases of ${id}`, async () => (await BASES[id]?.(world)) ?? []);

const placesOf = (id: string): Promise<ReadonlyMap<string, readonly Alternatives[]>> =>
  world.once(`places of ${id}`, async () => {
    const { body } = await exampleOf(id);
    const isLeftOut = (place: string): boolean => isLike(id, place);
    return alternativesOf(id, body!, await basesOf(id), await knownIn(world), isLeftOut);
  });

describe.each(IDS)('%s', (id) => {
  it('has no parameter without effect', async () => {
    const example = await exampleOf(id);
    // Some take a form too, which is what their examples are.
    if (!example.body) return;
    const looker = new Looker(id, example);
    // What is the same is seen as the same, or nothing would be proved.
    for (const base of FRESH.test(id) ? [] : [example.body, ...(await basesOf(id))]) {
      const [first, second] = [await looker.look(base), await looker.again(base)];
      expect(first.status, `${JSON.stringify(base).slice(0, 500)}: ${first.text.slice(0, 500)}`).toBeLessThan(300); // prettier-ignore
      expect(second).toEqual(first);
    }
    const places = await placesOf(id);
    const unseen = new Set<string>();
    for (const [place, groups] of places) {
      if (isListed(id, place)) continue;
      let isSeen = false;
      for (const bodies of groups) isSeen ||= await hasEffect(looker, place, bodies);
      if (!isSeen) unseen.add(place);
    }
    const seen = [...places.keys()].filter((place) => !unseen.has(place) && !isListed(id, place));
    // What holds others is seen by them, and what tells of which kind they are too.
    const bySeen = (place: string): boolean =>
      seen.some((one) => one !== place && isWithin(one, place.replace(/\.?type$/, '')));
    expect([...unseen].filter((place) => !bySeen(place))).toEqual([]);
  });
});

it('lists no place that there is not', async () => {
  for (const [id, reasons] of Object.entries(UNSEEN)) {
    const places = [...(await placesOf(id)).keys()];
    for (const listed of Object.keys(reasons))
      expect(places.some((place) => isWithin(place, listed)), `${id} ${listed}`).toBe(true); // prettier-ignore
  }
});

it.each(LIKE)('%s has in %s what %s has in %s', (id, place, other, there) => {
  const kinds = kindsAt(id, place);
  expect(kinds.length).toBeGreaterThan(0);
  expect(kindsAt(other, there)).toEqual(expect.arrayContaining(kinds));
});

it('counts tokens of input as of requests for responses', async () => {
  const bodies = [(await exampleOf('createResponse')).body!, ...(await basesOf('createResponse'))];
  const wrong: string[] = [];
  for (const body of bodies) {
    // Searches and programs are asked again with what they found, which nobody knows before.
    if (/"(stream|file_search|context_management|moderation)"/.test(JSON.stringify(body))) continue;
    const { max_output_tokens: _, metadata: __, store: ___, temperature: ____, top_p: _____, top_logprobs: ______, ...counted } = body as Record<string, unknown>; // prettier-ignore
    const { input_tokens: count } = await world.post<{ input_tokens: number }>('/responses/input_tokens', counted); // prettier-ignore
    const { usage } = await world.post<{ usage: { input_tokens: number } }>('/responses', body);
    if (usage.input_tokens !== count)
      wrong.push(`${JSON.stringify(body).slice(0, 200)}: ${count} for ${usage.input_tokens}`);
  }
  expect(wrong).toEqual([]);
});
