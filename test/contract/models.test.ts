import { NotFoundError, PermissionDeniedError } from 'openai';
import { describe, expect, it } from 'vitest';
import { useServer } from '../support/use-server.js';
import { expectAnswer, expectError, expectValid } from '../support/spec.js';

const used = useServer({ model: [] });

describe('models', () => {
  it('are listed as the specification says', async () => {
    const { data } = await expectAnswer<{ data: { id: string }[] }>(
      'listModels',
      await fetch(`${used.server.url}/v1/models`),
    );
    expect(data.map(({ id }) => id)).toContain('gpt-4o');
    expect(data[0]!.id).toBe(used.server.model);
  });

  it.each(['gpt-4o', 'gpt-4o-2024-08-06', 'meta-llama/Llama-3.1-8B-Instruct', 'ft:gpt-4o:acme::9ABC'])(
    '%s is retrieved',
    async (id) => {
      const model = await used.client.models.retrieve(id);
      expectValid('retrieveModel', model);
      expect(model.id).toBe(id);
    },
  );

  it('are named by their versions in answers', async () => {
    const { client } = used;
    const version = 'gpt-4o-mini-2024-07-18';
    const ask = { model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content: 'Hi' }] };
    const kept = await client.chat.completions.create({ ...ask, store: true });
    expect(kept.model).toBe(version);
    for (const model of [ask.model, version])
      expect((await client.chat.completions.list({ model })).data).toMatchObject([
        { id: kept.id, model: version },
      ]);
    for await (const chunk of await client.chat.completions.create({ ...ask, stream: true }))
      expect(chunk.model).toBe(version);
    const response = await client.responses.create({ model: ask.model, input: 'Hi' });
    expect(response.model).toBe(version);
    expect((await client.responses.retrieve(response.id)).model).toBe(version);
    const asked = {
      method: 'POST',
      body: JSON.stringify({ ...ask, model: 'claude-haiku-4-5', max_tokens: 9 }),
    };
    const message = (await (await fetch(`${used.server.url}/v1/messages`, asked)).json()) as {
      model: string;
    };
    expect(message.model).toBe('claude-haiku-4-5-20251001');
  });

  it('that are not there are not found', async () => {
    await expect(used.client.models.retrieve('none')).rejects.toThrow(NotFoundError);
    await expectError(await fetch(`${used.server.url}/v1/models/none`), 404, {
      code: 'model_not_found',
      param: 'model',
    });
  });

  it('of the catalogue cannot be deleted', async () => {
    await expect(used.client.models.delete('gpt-4o')).rejects.toThrow(PermissionDeniedError);
  });

  it('that were fine-tuned can be deleted, on all threads', async () => {
    const id = 'ft:gpt-4o-mini:acme:old:1';
    expectValid('deleteModel', await used.client.models.delete(id));
    const again = Array.from({ length: 6 }, () =>
      fetch(`${used.server.url}/v1/models/${id}`, { headers: { connection: 'close' } }),
    );
    expect((await Promise.all(again)).map(({ status }) => status)).toEqual(
      Array.from({ length: 6 }, () => 404),
    );
  });

  it('tell what they can do', async () => {
    const answer = await fetch(`${used.server.url}/v1/models/meta-llama/Llama-3.1-8B-Instruct/capabilities`);
    expect(await answer.json()).toMatchObject({
      id: 'meta-llama/Llama-3.1-8B-Instruct',
      context_window: 131_072,
      endpoints: ['chat', 'completions'],
      prices: { input_usd_per_million: 0.18 },
      architecture: 'llama-3.1-8b',
    });
  });
});
