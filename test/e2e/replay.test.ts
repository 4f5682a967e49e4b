/** `fakeai replay` from outside, on the shipped slices of real traces. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { CARRIED_OUT, runCli, temporaryFolder } from '../support/cli.js';
import { parseRunFile } from '../support/run-schema.js';

const folder = temporaryFolder();
afterAll(folder.remove);

const example = (name: string): string =>
  fileURLToPath(new URL(`../../examples/traces/${name}`, import.meta.url));
const MOONCAKE = example('mooncake-conversation-200.jsonl');
const AZURE = example('azure-llm-2023-conv-200.csv');
const FAST = ['--latency', 'instant', '--json'];

const mooncakeRows = readFileSync(MOONCAKE, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as { timestamp: number; input_length: number; output_length: number });

describe('the Mooncake slice', () => {
  it('is sent with its own lengths, at its own instants', async () => {
    const rows = mooncakeRows.slice(0, 60);
    const { exitCode, stdout, stderr } = await runCli([
      'replay',
      MOONCAKE,
      '--limit',
      '60',
      '--speed',
      '10',
      ...FAST,
    ]);
    expect(CARRIED_OUT, stderr).toContain(exitCode);
    const run = parseRunFile(stdout);
    const { counters, measuredMs, metrics } = run.targets[0]!;
    expect(counters.completed).toBe(60);
    expect(counters.outputTokens).toBe(rows.reduce((sum, row) => sum + row.output_length, 0));
    expect(measuredMs).toBeGreaterThanOrEqual((rows.at(-1)!.timestamp - rows[0]!.timestamp) / 10 - 1);
    expect(metrics.response_time!.count).toBe(60);
    expect(JSON.stringify(run.plan).length).toBeLessThan(2000);
  });
});

describe('the Azure slice', () => {
  it('is sent with its own lengths, at its own instants', async () => {
    const { exitCode, stdout, stderr } = await runCli([
      'replay',
      AZURE,
      '--limit',
      '40',
      '--speed',
      '20',
      ...FAST,
    ]);
    expect(CARRIED_OUT, stderr).toContain(exitCode);
    const rows = readFileSync(AZURE, 'utf8').trim().split(/\r?\n/).slice(1, 41);
    const expected = rows.reduce((sum, row) => sum + Number(row.split(',')[2]), 0);
    expect(parseRunFile(stdout).targets[0]!.counters).toMatchObject({
      completed: 40,
      outputTokens: expected,
    });
  });
});

describe('bad traces are refused before any load', () => {
  it.each([
    [
      'broken.jsonl',
      '{"timestamp":0,"input_length":5,"output_length":2,"hash_ids":[1]}\n{"timestamp":1,"input_length":"x","output_length":2,"hash_ids":[1]}\n',
      /broken\.jsonl:2.*input_length/s,
    ],
    [
      'broken.csv',
      'TIMESTAMP,ContextTokens,GeneratedTokens\r\n2023-11-16 18:15:46.68,374,44\r\n2023-11-16 18:15:47.68,374,-1\r\n',
      /broken\.csv:3.*GeneratedTokens/s,
    ],
    ['empty.jsonl', '', /empty\.jsonl/],
    ['prose.txt', 'Hello there\n', /prose\.txt/],
  ])('%s', async (name, text, said) => {
    writeFileSync(folder.file(name), text);
    const { exitCode, stdout, stderr } = await runCli(['replay', folder.file(name), ...FAST]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(said);
  });

  it('a forced format that does not fit', async () => {
    const { exitCode } = await runCli(['replay', AZURE, '--format', 'mooncake', ...FAST]);
    expect(exitCode).toBe(2);
  });

  it('a file that does not exist', async () => {
    const { exitCode, stderr } = await runCli(['replay', folder.file('none.jsonl'), ...FAST]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/none\.jsonl/);
  });
});
