/** GPUs and models of files: in a simulation, and behind a server. */
import { writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { resolveSettings } from '../../../src/config/resolve.js';
import { runSimulateSettings } from '../../../src/runs/simulate.js';
import { temporaryFolder } from '../../support/cli.js';
import { postChat, startTestServer } from '../../support/server.js';

const folder = temporaryFolder();
afterAll(folder.remove);

function file(name: string, content: unknown): string {
  writeFileSync(folder.file(name), JSON.stringify(content));
  return folder.file(name);
}

const SHAPE = {
  model_type: 'llama',
  hidden_size: 2048,
  intermediate_size: 8192,
  num_hidden_layers: 20,
  num_attention_heads: 16,
  num_key_value_heads: 4,
  vocab_size: 64000,
};
const gpu = file('acme-gpu.json', { name: 'acme-2', like: 'h100', bandwidthBytesPerS: 6.7e12 });
const slower = file('slower.yaml', { name: 'acme-1', like: 'h100', bandwidthBytesPerS: 1e12 });
const model = file('acme-7.json', SHAPE);

const simulated = async (simulate: object) => {
  const load = { tp: 1, concurrency: 2, requests: 4, inputTokens: 100, outputTokens: 20 };
  const { settings } = await resolveSettings({
    section: 'simulate',
    options: { simulate: { ...load, ...simulate } },
  });
  return runSimulateSettings(undefined, settings, {});
};

describe('a simulation', () => {
  it('runs a model of a file on a GPU of a file, and names both', async () => {
    const run = await simulated({ gpu, model });
    expect(run.plan.virtual).toMatchObject({ gpu: 'acme-2', model: 'acme-7', weights: 'bf16' });
    const { metrics } = (await simulated({ gpu: slower, model })).targets[0]!;
    expect(metrics['itl']!.p50!).toBeGreaterThan(1.5 * run.targets[0]!.metrics['itl']!.p50!);
    const deeper = file('deeper.json', { ...SHAPE, num_hidden_layers: 40 });
    const deep = (await simulated({ gpu, model: deeper })).targets[0]!.metrics;
    expect(deep['itl']!.p50!).toBeGreaterThan(run.targets[0]!.metrics['itl']!.p50!);
  });

  it('searches a fleet of them', async () => {
    const { search } = await simulated({
      gpu,
      model,
      requests: 100,
      search: 'min replicas where ttft.p50 < 10s',
    });
    expect(search).toMatchObject({ answer: 1 });
  });

  it('says what is wrong with a file, and where', async () => {
    const wrong = file('wrong.json', { name: 'x', memoryBytes: 80 });
    await expect(simulated({ gpu: wrong, model })).rejects.toThrow(
      /^gpu .*wrong\.json: memoryBytes: is in bytes/,
    );
    await expect(simulated({ gpu: './no.json' })).rejects.toThrow(/gpu \.\/no\.json: cannot be read: /);
    const mamba = file('mamba.json', { ...SHAPE, model_type: 'mamba2' });
    await expect(simulated({ model: mamba })).rejects.toThrow(
      /mamba\.json: model_type: how "mamba2" computes/,
    );
  });
});

describe('a server', () => {
  it('serves models whose shapes files have, simulated on a GPU of a file', async () => {
    const models = file('models.json', [{ id: 'acme/chat', architecture: './acme-7.json' }]);
    const server = await startTestServer({
      latency: 'auto',
      gpu,
      tp: 1,
      threads: 1,
      models: [models],
      model: ['acme/chat', model],
    });
    try {
      for (const id of ['acme/chat', 'acme-7']) {
        const body = { model: id, messages: [{ role: 'user', content: 'hello' }], max_tokens: 3 };
        const response = await postChat(server.url, body, { headers: { connection: 'close' } });
        expect(await response.json()).toMatchObject({ model: id, usage: { completion_tokens: 3 } });
      }
      const metrics = await (await fetch(`${server.url}/metrics`)).text();
      expect(metrics).toContain('model_name="acme/chat"');
      const capabilities = await fetch(`${server.url}/v1/models/acme-7/capabilities`);
      expect(await capabilities.json()).toMatchObject({
        architecture: 'acme-7',
        architecture_is_stand_in: false,
      });
    } finally {
      await server.close();
    }
  });
});
