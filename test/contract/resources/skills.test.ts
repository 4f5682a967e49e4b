/** Skills over OpenAI's SDK. */
import { zipSync } from 'fflate';
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunningServer } from '../../../src/server/index.js';
import { findInZip, isZip, zipOf } from '../../../src/server/protocols/openai/skills/zip.js';
import { startTestServer } from '../../support/server.js';
import { expectAnswer, expectError, expectValid } from '../../support/spec.js';

let server: RunningServer;
let openai: OpenAI;

beforeAll(async () => {
  server = await startTestServer();
  openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'any', maxRetries: 0 });
});
afterAll(() => server.close());

const manifest = (name: string): Buffer =>
  Buffer.from(`---\nname: ${name}\ndescription: "What ${name} is for"\n---\n# How\n`);
const zip = (name: string) =>
  toFile(zipOf([{ path: `${name}/SKILL.md`, bytes: manifest(name) }]), `${name}.zip`);

test('a folder becomes a skill, and its content an archive', async () => {
  // The SDK leaves folders out of names.
  const flat = await openai.skills.create({ files: [await toFile(manifest('flat'), 'flat/SKILL.md')] });
  expect(flat.name).toBe('flat');
  const form = new FormData();
  form.append('files[]', new File([new Uint8Array(manifest('one'))], 'one/SKILL.md'));
  form.append('files[]', new File(['Größe'], 'one/docs/a.txt'));
  const answer = await fetch(`${server.url}/v1/skills`, { method: 'POST', body: form });
  const skill = await expectAnswer<{ id: string }>('CreateSkill', answer);
  expect(skill).toMatchObject({ name: 'one', description: 'What one is for', default_version: '1' });
  const response = await openai.skills.content.retrieve(skill.id);
  expect(response.headers.get('content-type')).toBe('application/zip');
  const bytes = Buffer.from(await response.arrayBuffer());
  expect(isZip(bytes)).toBe(true);
  expect(findInZip(bytes, (path) => path === 'one/docs/a.txt', 100)!.toString()).toBe('Größe');
});

test('versions are added, chosen, listed and deleted', async () => {
  const { id } = await openai.skills.create({ files: await zip('first') });
  const second = await openai.skills.versions.create(id, { files: await zip('second') });
  expectValid('CreateSkillVersion', second);
  const third = await openai.skills.versions.create(id, { files: await zip('third'), default: true });
  expect(await openai.skills.retrieve(id)).toMatchObject({ name: 'third', default_version: '3' });
  const changed = await openai.skills.update(id, { default_version: '2' });
  expectValid('UpdateSkillDefaultVersion', changed);
  expect(changed).toMatchObject({ name: 'second', default_version: '2', latest_version: '3' });
  const url = `${server.url}/v1/skills/${id}`;
  await expectError(await fetch(`${url}/versions/2`, { method: 'DELETE' }), 400, { param: 'version' });
  expectValid('DeleteSkillVersion', await openai.skills.versions.delete('3', { skill_id: id }));
  expect((await openai.skills.retrieve(id)).latest_version).toBe('2');
  const fourth = await openai.skills.versions.create(id, { files: await zip('fourth') });
  expect([third.version, fourth.version]).toEqual(['3', '4']);
  const listed = await expectAnswer<{ data: { version: string }[] }>(
    'ListSkillVersions',
    await fetch(`${url}/versions?limit=2`),
  );
  expect(listed.data.map(({ version }) => version)).toEqual(['4', '2']);
  const rest = await openai.skills.versions.list(id, { after: second.id });
  expect(rest.data.map(({ version }) => version)).toEqual(['1']);
  await expectAnswer('GetSkillVersion', await fetch(`${url}/versions/1`));
  const old = await openai.skills.versions.content.retrieve('1', { skill_id: id });
  const bytes = Buffer.from(await old.arrayBuffer());
  expect(findInZip(bytes, () => true, 1000)).toEqual(manifest('first'));
  await expectError(await fetch(`${url}/versions/3`), 404, { param: 'version' });
  await expectAnswer('ListSkills', await fetch(`${server.url}/v1/skills`));
  expectValid('DeleteSkill', await openai.skills.delete(id));
  await expectError(await fetch(url), 404, { param: 'skill_id' });
});

test.each([
  ['no SKILL.md', 'a.txt', Buffer.from('x'), 'no SKILL.md'],
  ['no header', 'SKILL.md', Buffer.from('# Skill'), 'does not begin with a header'],
  ['no name', 'SKILL.md', Buffer.from('---\na: b\n---\n'), "'name'"],
  ['a path that leads out', '../SKILL.md', manifest('x'), 'not a relative path'],
  [
    'half an archive',
    'a.zip',
    zipOf([{ path: 'SKILL.md', bytes: manifest('x') }]).subarray(0, 60),
    'invalid zip data',
  ],
])('%s is refused', async (_, filename, bytes, message) => {
  const form = new FormData();
  form.append('files[]', new File([new Uint8Array(bytes)], filename));
  const response = await fetch(`${server.url}/v1/skills`, { method: 'POST', body: form });
  expect((await expectError(response, 400, { param: 'files' })).message).toContain(message);
});

test('a deflated file is found, and one that unpacks to too much is not unpacked', () => {
  const text = Buffer.alloc(10_000, 'a');
  const archive = Buffer.from(zipSync({ a: text }, { level: 9 }));
  expect(findInZip(archive, () => true, 10_000)).toEqual(text);
  expect(() => findInZip(archive, () => true, 9999)).toThrow();
});
