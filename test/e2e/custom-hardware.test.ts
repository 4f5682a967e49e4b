/** GPUs and shapes of models from files, through the command line. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { CARRIED_OUT, runCli, temporaryFolder } from '../support/cli.js';
import { parseRunFile } from '../support/run-schema.js';

const folder = temporaryFolder();
afterAll(folder.remove);
mkdirSync(folder.file('acme-8b'));

const file = (name: string, content: unknown): string => {
  writeFileSync(folder.file(name), typeof content === 'string' ? content : JSON.stringify(content));
  return `./${name}`;
};
const LOAD = ['--requests', '20', '--concurrency', '4'];
const simulate = (...args: string[]) =>
  runCli(['simulate', ...LOAD, '--quiet', ...args], { cwd: folder.path });

async function itlMs(...args: string[]): Promise<number> {
  const { exitCode, stdout, stderr } = await simulate('--json', '--tp', '2', ...args);
  expect(CARRIED_OUT, stderr).toContain(exitCode);
  return parseRunFile(stdout).targets[0]!.metrics.itl!.p50!;
}

const CONFIG = {
  model_type: 'llama',
  hidden_size: 4096,
  intermediate_size: 14336,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  max_position_embeddings: 8192,
  vocab_size: 128256,
};

describe('GPUs and models that files describe', () => {
  it('are simulated: a GPU like another with twice the memory bandwidth decodes faster', async () => {
    const model = file('acme-8b/config.json', CONFIG);
    const gpu = file('acme-1.json', { name: 'acme-1', like: 'h100', bandwidthBytesPerS: 6.7e12 });
    const [own, like] = await Promise.all([
      itlMs('--model', model, '--gpu', gpu),
      itlMs('--model', './acme-8b', '--gpu', 'h100'),
    ]);
    expect(own).toBeLessThan(0.8 * like);
  });

  it.each([
    [['--gpu', './none.json'], /gpu \.\/none\.json.*cannot be read.*(ENOENT|no such file)/s],
    [['--gpu', file('broken.json', '{"name":')], /gpu \.\/broken\.json.*(JSON|Unexpected)/s],
    [['--gpu', file('bare.json', { name: 'bare' })], /memoryBytes: is missing.*"like": "h100"/s],
    [
      ['--model', file('short.json', { model_type: 'llama', hidden_size: 8, num_hidden_layers: 1 })],
      /model \.\/short\.json.*num_attention_heads: .*config\.json of Hugging Face/s,
    ],
    [['--attention-dp', '--tp', '1', '--model', 'qwen3-30b-a3b'], /attention-dp.*Give each more \(--tp 2\)/s],
  ])('%j: says what, where and what to do', async (args, message) => {
    const { exitCode, stdout, stderr } = await simulate(...args);
    expect(exitCode).toBe(2);
    const said = stdout + stderr;
    expect(said).toMatch(message);
    expect(said).not.toMatch(/\n\s+at /);
  });
});
