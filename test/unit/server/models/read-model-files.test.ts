import { writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { readModelFiles } from '../../../../src/server/models/read-model-files.js';
import { temporaryFolder } from '../../../support/cli.js';

const folder = temporaryFolder();
afterAll(folder.remove);

function file(name: string, content: string): string {
  writeFileSync(folder.file(name), content);
  return folder.file(name);
}

describe('files of models', () => {
  it.each([
    ['models.json', '[{"id":"a"}]'],
    ['models.yaml', 'models:\n  - id: a\n'],
    ['list.mjs', 'export default [{ id: "a" }];'],
    ['function.mjs', 'export default async (known) => [{ id: known.length > 50 ? "a" : "b" }];'],
  ])('%s', async (name, content) => {
    expect((await readModelFiles([file(name, content)])).map(({ id }) => id)).toEqual(['a']);
  });

  it('may build on earlier files', async () => {
    const paths = [
      file('first.json', '[{"id":"first","contextTokens":77,"outputTokens":7}]'),
      file('second.json', '[{"id":"second","base":"first"}]'),
    ];
    expect((await readModelFiles(paths))[1]).toMatchObject({ id: 'second', contextTokens: 77 });
  });

  it.each([
    ['broken.json', '{', 'cannot read it'],
    ['shape.json', '{"model":[]}', 'expected a list of models'],
    ['thrown.mjs', 'throw new Error("no");', 'cannot read it: no'],
    ['nothing.mjs', 'export const a = 1;', 'expected a list of models'],
  ])('%s is refused', async (name, content, problem) => {
    const read = readModelFiles([file(name, content)]);
    await expect(read).rejects.toMatchObject({ code: 'FAKEAI_MODELS_INVALID', exitCode: 2 });
    await expect(read).rejects.toThrow(problem);
  });
});
