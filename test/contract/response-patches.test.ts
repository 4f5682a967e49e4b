/** Patches of responses, by the files that the conversation has shown. Who runs them is the test, by the form's own rules. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../src/server/index.js';
import { type Answered, asksOf, type Item, kinds } from '../support/responses.js';
import { startTestServer } from '../support/server.js';

let server: RunningServer;
beforeAll(async () => {
  server = await startTestServer({ threads: 1 });
});
afterAll(() => server.close());

const { respond, stream } = asksOf(() => server.url);

interface Operation {
  type: string;
  path: string;
  diff?: string;
}
const operationOf = ({ operation }: Item): Operation => operation as Operation;
const PATCH = [{ type: 'apply_patch' }];
const FILE =
  'import os\n\ndef area(w, h):\n    return w * h\n\ndef volume(w, h, d):\n    return area(w, h) * d\n';
const shown = (words: string): string => `${words}\n\nsrc/shapes.py:\n\`\`\`python\n${FILE}\`\`\`\n`;

/** Applies sections one after another, each where its lines are found next. */
function patched(content: string, diff: string): string {
  const rest = content.split('\n').slice(0, -1);
  const result: string[] = [];
  for (const section of diff.split(/^@@\n/m).slice(1)) {
    const lines = section.split('\n').filter((line) => line !== '' && !line.startsWith('***'));
    const old = lines.filter((line) => !line.startsWith('+')).map((line) => line.slice(1));
    const at = rest.findIndex((_, i) => old.every((line, j) => rest[i + j] === line));
    if (at < 0) throw new Error(`no place for ${section}`);
    result.push(...rest.splice(0, at));
    rest.splice(0, old.length);
    result.push(...lines.filter((line) => !line.startsWith('-')).map((line) => line.slice(1)));
  }
  return [...result, ...rest, ''].join('\n');
}

const goOn = (before: Answered, output: object, tools: object[] = PATCH): Promise<Answered> =>
  respond({ previous_response_id: before.id, input: [output], tools });
const done = ({ call_id: id }: Item, more: object = {}): object => ({
  type: 'apply_patch_call_output',
  call_id: id,
  status: 'completed',
  ...more,
});

describe('apply_patch', () => {
  it('changes all of a file that was shown, so that the diff applies', async () => {
    const input = shown('Please rename `area` to `surface` in src/shapes.py');
    const { events, output } = await stream({ input, tools: PATCH });
    const { type, path, diff } = operationOf(output[0]!);
    expect([type, path]).toEqual(['update_file', 'src/shapes.py']);
    expect(patched(FILE, diff!)).toBe(FILE.replaceAll('area', 'surface'));
    expect(events.some((event) => event.type === 'response.output_item.done')).toBe(true);
  });

  it('adds what is asked for at the end, and goes on from what it has done', async () => {
    const first = await respond({
      input: shown('Add a function for the perimeter to src/shapes.py'),
      tools: PATCH,
    });
    const second = patched(FILE, operationOf(first.output[0]!).diff!);
    expect(second.startsWith(FILE)).toBe(true);
    expect(second.length).toBeGreaterThan(FILE.length);
    const said = await goOn(first, done(first.output[0]!));
    expect(kinds(said.output)).toEqual(['message']);
    const again = await respond({
      previous_response_id: said.id,
      input: 'Now replace "volume" with "space" in src/shapes.py',
      tools: PATCH,
    });
    const { diff } = operationOf(again.output[0]!);
    expect(patched(second, diff!)).toBe(second.replaceAll('volume', 'space'));
    // What failed has changed nothing.
    const failed = await goOn(again, done(again.output[0]!, { status: 'failed', output: 'No.' }));
    const last = await respond({
      previous_response_id: failed.id,
      input: 'Replace "volume" with "room" in src/shapes.py',
      tools: PATCH,
    });
    expect(patched(second, operationOf(last.output[0]!).diff!)).toBe(second.replaceAll('volume', 'room'));
  });

  it('deletes files', async () => {
    const { output } = await respond({ input: 'Delete the file src/old.py', tools: PATCH });
    expect(operationOf(output[0]!)).toEqual({ type: 'delete_file', path: 'src/old.py' });
  });

  it('is called when a command has shown the file that is to be changed', async () => {
    const tools = [...PATCH, { type: 'shell' }];
    const looked = await respond({
      input: 'Change `w` to `width` in src/shapes.py',
      tools,
      tool_choice: { type: 'shell' },
    });
    const [call] = looked.output as [Item & { action: { commands: string[] } }];
    expect(call.action.commands).toEqual(['cat src/shapes.py']);
    const output = [{ stdout: FILE, stderr: '', outcome: { type: 'exit', exit_code: 0 } }];
    const next = await goOn(looked, { type: 'shell_call_output', call_id: call.call_id, output }, tools);
    expect(kinds(next.output)).toEqual(['apply_patch_call']);
    expect(patched(FILE, operationOf(next.output[0]!).diff!)).toBe(FILE.replaceAll('w', 'width'));
    expect(kinds((await goOn(next, done(next.output[0]!), tools)).output)).toEqual(['message']);
  });

  it('creates what was not shown', async () => {
    const { output } = await respond({ input: 'Fix the file src/unseen.py', tools: PATCH });
    expect(operationOf(output[0]!)).toMatchObject({ type: 'create_file', path: 'src/unseen.py' });
  });
});
