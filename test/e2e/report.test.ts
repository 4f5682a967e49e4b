/** `fakeai report` from outside. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli, temporaryFolder } from '../support/cli.js';

const folder = temporaryFolder();
const run = folder.file('run.json');
beforeAll(async () => {
  const args = ['bench', '--latency', 'instant', '--requests', '64', '--quiet', '--slo', 'ttft.p50 < 10s'];
  await runCli([...args, '--output', `json=${run}`]);
});
afterAll(folder.remove);

describe('fakeai report', () => {
  it('renders percentiles, histogram, gates and verdict as plain text', async () => {
    const { exitCode, stdout, stderr } = await runCli(['report', run]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    for (const said of [/TTFT/, /ITL/, /p50/, /p95/, /█|▇|#/, /ttft\.p50 < 10s/, /valid|degraded|invalid/]) {
      expect(stdout).toMatch(said);
    }
    // oxlint-disable-next-line no-control-regex
    expect(stdout).not.toMatch(/\u001b/);
  });

  it('gives the run file back as JSON', async () => {
    const { stdout } = await runCli(['report', run, '--json']);
    expect(JSON.parse(stdout)).toEqual(JSON.parse(readFileSync(run, 'utf8')));
  });

  it.each([
    ['no JSON', 'hello', /not a fakeai run file/],
    ['another JSON', '{"a":1}', /not a fakeai run file/],
    ['a newer version', '{"schemaVersion":99}', /99/],
  ])('refuses %s', async (name, text, said) => {
    const path = folder.file(`${name}.json`);
    writeFileSync(path, text);
    const { exitCode, stdout, stderr } = await runCli(['report', path]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(said);
  });
});
