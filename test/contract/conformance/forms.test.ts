/** Forms are held against the specification, field by field, as JSON is place by place. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../../src/server/index.js';
import { FORM_AFTERMATHS, UNSEEN, VARIED_FORMS } from '../../support/effects/forms.js';
import { observe } from '../../support/effects/observe.js';
import { type Example, EXAMPLES, sendExample, World } from '../../support/examples/index.js';
import type { FormField } from '../../support/examples/world.js';
import { faultOf, placeOf } from '../../support/refusals.js';
import { startTestServer } from '../../support/server.js';
import { expectError, formFields, operations } from '../../support/spec.js';

let server: RunningServer;
let world: World;
beforeAll(async () => {
  server = await startTestServer({ threads: 1, model: [], bodyLimit: 8 * 1024 * 1024, drain: 0 });
  world = new World(server.url);
});
afterAll(async () => {
  await world.close();
  await server.close();
});

type Fields = NonNullable<Example['form']>;

/** Those that also take JSON have examples of that; these are in words of their own. */
const FORMS: Readonly<Record<string, (world: World) => Promise<Example> | Example>> = {
  createVideo: () => ({ form: { model: 'sora-2', prompt: 'a boat', seconds: '4', size: '720x1280' } }),
  CreateContainerFile: async (one) => ({
    params: { container_id: (await one.once('container', () => one.post('/containers', { name: 'c' }))).id },
    form: { file: new File(['abc'], 'a.txt') },
  }),
};
const IDS = [
  'createImageEdit', 'createImageVariation', 'createTranscription', 'createTranslation', 'createVoiceConsent', 'createVoice',
  'createFile', 'addUploadPart', 'CreateSkill', 'CreateSkillVersion', 'CreateVideoCharacter', 'create-realtime-call',
  ...Object.keys(FORMS),
]; // prettier-ignore

const exampleOf = (id: string): Promise<Example> =>
  world.once(`form of ${id}`, async () => (FORMS[id] ?? EXAMPLES[id]!)(world));

/** Read by the operation alone, in words of its own. */
const OWN = /^(size|quality|seconds|session|sdp|chunking_strategy|model|data)$/;

async function refused(id: string, change: Fields, param: string, fault?: string | RegExp): Promise<void> {
  const example = await exampleOf(id);
  const response = await sendExample(server.url, id, { ...example, form: { ...example.form, ...change } });
  const error = await expectError(response, 400);
  expect(placeOf(error)?.split(/[.[]/)[0], `${id} ${param} ${error.message}`).toBe(param);
  if (fault !== undefined) expect(faultOf(error), `${id} ${param} ${error.message}`).toMatch(fault);
}

/** They ignore what they do not know. */
const IGNORING = new Set(['createTranscription', 'createTranslation']);

const text = (length: number): string => 'a'.repeat(length);
const file = (content = 'x'): File => new File([content], 'a.bin');

describe.each(IDS)('%s', (id) => {
  const fields = formFields(id);
  const of = (is: (field: (typeof fields)[number]) => boolean) => fields.filter(is).map(({ name }) => name);

  /** Some only say which values there are. */
  const typeFault = ({ values }: { values?: readonly unknown[] | undefined }): RegExp =>
    values ? /^invalid_(type|value)$/ : /^invalid_type$/;

  it('has no other fields, nor members of them', async () => {
    if (IGNORING.has(id)) {
      const example = await exampleOf(id);
      const said = (form: Fields): Promise<unknown> => sendExample(server.url, id, { ...example, form }).then((one) => one.json()); // prettier-ignore
      const more = { ...example.form, zzz_unknown: 'x' };
      expect(await said(more)).toEqual(await said(example.form!));
      return;
    }
    await refused(id, { zzz_unknown: 'x' }, 'zzz_unknown', 'unknown_parameter');
    const [name] = of(({ kind }) => kind === 'string' || kind === 'file');
    await refused(id, { [`${name}[zzz]`]: 'x' }, name!, 'unknown_parameter');
  });

  it('takes no texts for files, and no files for texts', async () => {
    for (const name of of(({ kind, name: one }) => kind === 'file' && !OWN.test(one)))
      await refused(id, { [name]: 'x' }, name, 'invalid_type');
    for (const field of fields.filter(
      ({ kind, name }) => kind !== 'file' && kind !== 'object' && !OWN.test(name),
    ))
      await refused(id, { [field.name]: file() }, field.name, typeFault(field));
  });

  it('takes one of what there is one of', async () => {
    for (const field of fields) {
      const { name, kind, isList } = field;
      if (isList || kind === 'object' || OWN.test(name)) continue;
      const one: FormField = kind === 'file' ? file() : 'x';
      await refused(id, { [name]: [one, one] }, name, typeFault(field));
    }
  });

  it('says what a number, a listed value or a flag is', async () => {
    for (const { name, kind, values } of fields) {
      if (OWN.test(name)) continue;
      if (kind === 'integer' || kind === 'number') await refused(id, { [name]: 'x' }, name, 'invalid_type');
      if (kind === 'integer') await refused(id, { [name]: '1.5' }, name, 'invalid_type');
      if (kind === 'boolean') await refused(id, { [name]: 'perhaps' }, name, 'invalid_type');
      if (values) await refused(id, { [name]: 'nothing-listed' }, name, 'invalid_value');
    }
  });

  it('keeps to bounds', async () => {
    for (const { name, most, least, longest } of fields) {
      if (OWN.test(name)) continue;
      if (least !== undefined) await refused(id, { [name]: String(least - 1) }, name);
      if (most !== undefined) await refused(id, { [name]: String(most + 1) }, name);
      if (longest !== undefined && longest < 1e5) await refused(id, { [name]: text(longest + 1) }, name);
    }
  });

  it('does not take files with nothing in them', async () => {
    const example = await exampleOf(id);
    for (const name of of(({ kind, name: one }) => kind === 'file' && one in (example.form ?? {}))) {
      const empty = new File([], 'a.png', { type: 'image/png' });
      const response = await sendExample(server.url, id, { ...example, form: { ...example.form, [name]: empty } }); // prettier-ignore
      if (TAKES_EMPTY.has(id)) expect(response.status).toBe(200);
      else await expectError(response, 400);
    }
  });
});

/** Files of any content, which can have none. */
const TAKES_EMPTY = new Set(['CreateContainerFile']);

describe('in OpenAI\u2019s words', () => {
  const of = (id: string, change: Fields): Promise<Response> =>
    exampleOf(id).then((example) =>
      sendExample(server.url, id, { ...example, form: { ...example.form, ...change } }),
    );

  it('images are of types that are read', async () => {
    await expectError(await of('createImageEdit', { image: file() }), 400, {
      message: "Invalid file 'image': unsupported mimetype ('application/octet-stream'). Supported file formats are 'image/jpeg', 'image/png', and 'image/webp'.", // prettier-ignore
      param: 'image',
      code: 'unsupported_file_mimetype',
    });
    const png = await world.picture();
    const { image: _, ...rest } = (await exampleOf('createImageEdit')).form!;
    const form = { ...rest, 'image[]': [png, file()] };
    await expectError(await sendExample(server.url, 'createImageEdit', { form }), 400, { param: 'image[1]' });
    const older = { model: 'dall-e-2', image: file(), size: '256x256', quality: [], output_format: [] };
    await expectError(await of('createImageEdit', older), 400, {
      message: "Invalid file 'image': unsupported mimetype ('application/octet-stream'). Supported file formats are 'image/png'.", // prettier-ignore
    });
    await expectError(await of('createImageEdit', { image: 'x' }), 400, {
      message:
        "Invalid type for 'image': expected one of an array of files or file, but got a string instead.",
    });
  });

  it('several values come with brackets or without', async () => {
    const { 'timestamp_granularities[]': _, ...rest } = (await exampleOf('createTranscription')).form!;
    for (const name of ['timestamp_granularities', 'timestamp_granularities[]']) {
      const form = { ...rest, [name]: ['word', 'segment'] };
      const said = await (await sendExample(server.url, 'createTranscription', { form })).json();
      expect(said).toMatchObject({ words: expect.any(Array) as unknown, segments: expect.any(Array) as unknown }); // prettier-ignore
    }
    const form = { ...rest, 'timestamp_granularities[]': 'minute' };
    await expectError(await sendExample(server.url, 'createTranscription', { form }), 400, {
      param: null,
      message:
        "[{'type': 'enum', 'loc': ('body', 'timestamp_granularities[]', 0), 'msg': \"Input should be 'segment' or 'word'\", 'ctx': {'expected': \"'segment' or 'word'\"}}]",
    });
  });
});

it.each(IDS)('%s takes no JSON, or all of it', async (id) => {
  const { params } = await exampleOf(id);
  const response = await sendExample(server.url, id, { ...(params && { params }), body: { zzz_unknown: 1 } });
  const { message } = await expectError(response, id === 'create-realtime-call' ? 415 : 400);
  const takesJson = operations.get(id)!.request['application/json'] !== undefined;
  if (!takesJson) expect(message).toContain('multipart/form-data');
});

/** Operations whose forms are not walked, and why. */
const NOT_WALKED: Readonly<Record<string, string>> = {
  'create-realtime-call': 'is a call, which sounds: realtime-calls.test.ts',
};

const VARIED = Object.keys(VARIED_FORMS);

it('all forms are walked, and all of their fields', () => {
  const walked = [...VARIED, ...Object.keys(NOT_WALKED)].toSorted();
  expect(walked).toEqual([...IDS].toSorted());
});

describe.each(VARIED)('%s', (id) => {
  it('has no field without effect', async () => {
    const { params, form, changes } = await VARIED_FORMS[id]!(world);
    const names = formFields(id).map(({ name }) => name);
    const listed = names.filter((name) => `${id} ${name}` in UNSEEN);
    expect([...Object.keys(changes), ...listed].toSorted()).toEqual(names.toSorted());
    const look = async (change: Fields): Promise<string> => {
      const seen = await observe(world, id, { ...(params && { params }), form: { ...form, ...change } }, FORM_AFTERMATHS[id]); // prettier-ignore
      expect(seen.status, seen.text).toBeLessThan(500);
      return `${seen.status} ${seen.text}`;
    };
    const base = await look({});
    expect(base).toMatch(/^20\d/);
    for (const [name, all] of Object.entries(changes)) {
      const texts = [];
      for (const change of all) texts.push(await look(change));
      // One change is of the form as it is; several are of each other.
      const seen = all.length === 1 ? [base, ...texts] : texts;
      expect(new Set(seen).size, `${id} ${name} ${texts[0]!.slice(0, 300)}`).toBe(seen.length);
      if (all.length > 1) for (const text of texts) expect(text, `${id} ${name}`).toMatch(/^20/);
    }
  });
});
