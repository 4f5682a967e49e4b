/** Shells, skills and code in containers, and the files that they leave there. */
import { toFile } from 'openai';
import { PNG } from 'pngjs';
import { describe, expect, it } from 'vitest';
import { zipOf } from '../../src/server/protocols/openai/skills/zip.js';
import {
  annotated,
  asksOf,
  type Fields,
  type Item,
  kinds,
  type Message,
  toldOf,
} from '../support/responses.js';
import { useServer } from '../support/use-server.js';
import { expectAnswer, expectError, expectValid } from '../support/spec.js';

const used = useServer({ threads: 1 });

const { post, respond, stream } = asksOf(() => used.server.url);
const shell = (environment: Fields): Fields[] => [{ type: 'shell', environment }];
const auto = { type: 'container_auto' };

type ShellCall = Item & { environment: { container_id: string }; action: { commands: string[] } };
type ShellOutput = Item & { output: { stdout: string; stderr: string; outcome: Fields }[] };

describe('shells in containers', () => {
  it('commands come with what they print, and the answer says it', async () => {
    const { events, output } = await stream({
      input: 'Execute: python --version && node --version',
      tools: shell(auto),
    });
    const [call, printed, message] = output as [ShellCall, ShellOutput, Message];
    expect(kinds(output)).toEqual(['shell_call', 'shell_call_output', 'message']);
    expect(call.action.commands).toEqual(['python --version && node --version']);
    expect(printed.call_id).toBe(call.call_id);
    expect(printed.output).toEqual([
      {
        stdout: expect.stringMatching(/^Python 3.*\nv\d+/),
        stderr: '',
        outcome: { type: 'exit', exit_code: 0 },
      },
    ]);
    expect(message.content[0]!.text).toContain('exit code 0');
    expect(toldOf(events, 0)).toEqual([
      'output_item.added',
      'shell_call_command.added',
      'shell_call_command.delta',
      'shell_call_command.done',
      'output_item.done',
    ]);
    expect(toldOf(events, 1)).toEqual([
      'output_item.added',
      'shell_call_output_content.delta',
      'shell_call_output_content.done',
      'output_item.done',
    ]);
    expect(await used.client.containers.retrieve(call.environment.container_id)).toMatchObject({
      status: 'running',
    });
  });

  it('files are written, cited, kept and read again', async () => {
    const first = await respond({ input: "Run: printf 'a\\nb\\n' > /mnt/data/list.txt", tools: shell(auto) });
    const [call, , message] = first.output as [ShellCall, ShellOutput, Message];
    const [annotation] = message.content[0]!.annotations as [{ file_id: string; container_id: string }];
    expect(annotation).toMatchObject({ type: 'container_file_citation', filename: 'list.txt' });
    expect(annotated(message)).toBe('sandbox:/mnt/data/list.txt');
    const { container_id: id } = call.environment;
    const file = await used.client.containers.files.retrieve(annotation.file_id, { container_id: id });
    expectValid('RetrieveContainerFile', file);
    expect(file).toMatchObject({ source: 'assistant', path: '/mnt/data/list.txt' });
    const content = await used.client.containers.files.content.retrieve(file.id, { container_id: id });
    expect(await content.text()).toBe('a\nb\n');
    const again = {
      input: 'Execute: cat list.txt | wc -l',
      previous_response_id: first.id,
      tools: shell(auto),
    };
    const [second, printed] = (await respond(again)).output as [ShellCall, ShellOutput];
    expect(second.environment.container_id).toBe(id);
    expect(printed.output[0]!.stdout).toBe('2\n');
  });

  it('uploaded files are seen, what is not there is said, and networks are as they were set', async () => {
    const file = await used.client.files.create({
      file: await toFile(Buffer.from('turnips'), 'a.txt'),
      purpose: 'user_data',
    });
    const ran = async (command: string, environment: Fields): Promise<ShellOutput['output'][number]> => {
      const { output } = await respond({ input: `Run: ${command}`, tools: shell(environment), store: false });
      return (output[1] as ShellOutput).output[0]!;
    };
    const environment = { ...auto, file_ids: [file.id] };
    expect((await ran('cat /mnt/data/a.txt', environment)).stdout).toBe('turnips');
    expect(await ran('cat b.txt || frobnicate', environment)).toMatchObject({
      stderr: 'cat: b.txt: No such file or directory\nbash: line 1: frobnicate: command not found\n',
      outcome: { exit_code: 127 },
    });
    expect((await ran('curl https://example.com/x', auto)).outcome).toMatchObject({ exit_code: 6 });
    const policy = { type: 'allowlist', allowed_domains: ['example.com'] };
    expect(
      (await ran('curl https://example.com/x', { ...auto, network_policy: policy })).outcome,
    ).toMatchObject({ exit_code: 0 });
  });

  it('a container can be named, and must be there', async () => {
    const { id } = await used.client.containers.create({ name: 'mine' });
    const reference = { type: 'container_reference', container_id: id };
    const { output } = await respond({ input: 'List the files in the shell', tools: shell(reference) });
    expect(output[0]).toMatchObject({ environment: reference, action: { commands: ['ls -la /mnt/data'] } });
    const ask = (environment: Fields) =>
      post({ input: 'List the files in the shell', tools: shell(environment) });
    await expectError(await ask({ ...reference, container_id: 'cntr_none' }), 404, {
      param: 'tools[0].environment.container_id',
    });
    await expectError(await ask({ type: 'moon' }), 400);
    const code = [{ type: 'code_interpreter', container: 'cntr_none' }];
    await expectError(await post({ input: 'Compute 1 + 1', tools: code }), 404, {
      param: 'tools[0].container',
    });
  });
});

describe('skills', () => {
  const manifest =
    '---\nname: invoices\ndescription: Make invoices for customers\n---\n# How\nAdd the lines up.\n';
  const zip = zipOf([
    { path: 'invoices/SKILL.md', bytes: Buffer.from(manifest) },
    { path: 'invoices/scripts/sum.py', bytes: Buffer.from('print(1)') },
  ]);

  it('are read in the container when the words call for them', async () => {
    const skill = await used.client.skills.create({ files: [await toFile(zip, 'invoices.zip')] });
    const environment = {
      ...auto,
      skills: [{ type: 'skill_reference', skill_id: skill.id, version: 'latest' }],
    };
    const body = { input: 'Make the invoices for my customers', tools: shell(environment) };
    const { output } = await respond({ ...body, tool_choice: { type: 'shell' } });
    const [call, printed] = output as [ShellCall, ShellOutput];
    expect(call.action.commands[0]).toBe('cat /mnt/skills/invoices/SKILL.md');
    expect(printed.output[0]!.stdout).toBe(manifest);
    expect(printed.output[1]!.stdout).toBe('SKILL.md\nscripts\n');
  });

  it('come with containers, by reference or in the request', async () => {
    const source = { type: 'base64', media_type: 'application/zip', data: zip.toString('base64') } as const;
    const inline = { type: 'inline', name: 'invoices', description: 'Invoices', source } as const;
    const container = await used.client.containers.create({ name: 'skilled', skills: [inline] });
    const reference = { type: 'container_reference', container_id: container.id };
    const { output } = await respond({ input: 'Run: ls /mnt/skills/invoices', tools: shell(reference) });
    expect((output[1] as ShellOutput).output[0]!.stdout).toContain('SKILL.md');
    const create = (skills: unknown[]) =>
      fetch(`${used.server.url}/v1/containers`, {
        method: 'POST',
        body: JSON.stringify({ name: 'x', skills }),
      });
    await expectError(await create([{ type: 'skill_reference', skill_id: 'skill_none' }]), 404, {
      param: 'skills[0].skill_id',
    });
    const bad = { ...inline, source: { ...source, data: 'eA==' } };
    await expectError(await create([bad]), 400, { param: 'skills[0].source.data' });
  });
});

describe('code that leaves files', () => {
  const tools = [{ type: 'code_interpreter', container: { type: 'auto' } }];

  it('a chart is a picture in the container, cited by the answer', async () => {
    const body = {
      input: 'Plot a bar chart of Oslo: 3, Rome: 9, Bern: 5',
      tools,
      include: ['code_interpreter_call.outputs'],
    };
    const { events, output } = await stream(body);
    const [call, message] = output as [
      Item & { code: string; outputs: { type: string; url: string }[] },
      Message,
    ];
    expect(call.code).toContain('labels = ["Oslo","Rome","Bern"]');
    expect(toldOf(events, 0)).toEqual([
      'output_item.added',
      'code_interpreter_call.in_progress',
      'code_interpreter_call_code.delta',
      'code_interpreter_call_code.done',
      'code_interpreter_call.interpreting',
      'code_interpreter_call.completed',
      'output_item.done',
    ]);
    const [annotation] = message.content[0]!.annotations as [{ file_id: string; container_id: string }];
    expect(annotation).toMatchObject({ type: 'container_file_citation', filename: 'chart.png' });
    expect(annotated(message)).toBe('sandbox:/mnt/data/chart.png');
    const content = await used.client.containers.files.content.retrieve(annotation.file_id, {
      container_id: annotation.container_id,
    });
    const bytes = Buffer.from(await content.arrayBuffer());
    expect(PNG.sync.read(bytes)).toMatchObject({ width: 800, height: 500 });
    expect(call.outputs).toEqual([
      { type: 'image', url: `data:image/png;base64,${bytes.toString('base64')}` },
    ]);
    expect((await respond({ ...body, include: [] })).output[0]).toMatchObject({ outputs: null });
  });

  it('a table is a file, and files that are there are listed', async () => {
    const first = await respond({ input: 'Create a CSV file sales.csv with A: 1, B: 2', tools });
    const [call, message] = first.output as [Item & { container_id: string }, Message];
    const listed = await expectAnswer<{ data: Fields[] }>(
      'ListContainerFiles',
      await fetch(`${used.server.url}/v1/containers/${call.container_id}/files`),
    );
    expect(listed.data).toMatchObject([{ path: '/mnt/data/sales.csv', bytes: 20, source: 'assistant' }]);
    expect(annotated(message)).toBe('sandbox:/mnt/data/sales.csv');
    const next = await respond({
      input: 'Run code that lists what is there',
      previous_response_id: first.id,
      tools,
      include: ['code_interpreter_call.outputs'],
    });
    expect(next.output[0]).toMatchObject({ outputs: [{ type: 'logs', logs: 'sales.csv 20\n' }] });
  });
});
