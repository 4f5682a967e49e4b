import { describe, expect, it } from 'vitest';
import { RemovedModels, shareRemovedModels } from '../../../../src/server/models/removed-models.js';
import { ServedModels } from '../../../../src/server/models/served-models.js';
import { ApiError } from '../../../../src/server/protocols/openai/errors.js';
import { BUILT_IN_MODELS } from '../../../../src/simulator/models/catalogue/index.js';
import { unknownModel } from '../../../../src/simulator/models/registry.js';

const serving = (options: Partial<ConstructorParameters<typeof ServedModels>[0]> = {}): ServedModels =>
  new ServedModels({ model: [], custom: [], unknown: 'refuse', ...options });

function refusal(act: () => unknown): { status: number; code: string | null; message: string } {
  try {
    act();
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

describe('ServedModels', () => {
  it('serves everything when nothing is named', () => {
    expect(serving().served).toHaveLength(BUILT_IN_MODELS.length);
  });

  it('serves what is named and what is described, and nothing else', () => {
    const models = serving({ model: ['mixtral-8x7b', 'mine'], custom: [unknownModel('described')] });
    expect(models.served.map(({ id }) => id)).toEqual(['mixtral-8x7b', 'mine', 'described']);
    expect(models.info('mixtral-8x7b').contextTokens).toBe(32_768);
    expect(refusal(() => models.info('gpt-4o'))).toMatchObject({ status: 404, code: 'model_not_found' });
    expect(refusal(() => models.info('ft:gpt-4o:acme::x')).status).toBe(404);
  });

  it('answers for any id when it is told to', () => {
    const models = serving({ unknown: 'accept' });
    expect(models.of('never/heard', 'chat')).toMatchObject({ id: 'never/heard', owner: 'never' });
    expect(models.served).toHaveLength(BUILT_IN_MODELS.length);
    expect(refusal(() => models.info('')).status).toBe(404);
  });

  it.each([
    ['text-embedding-3-small', 'chat', 404, 'This is not a chat model'],
    [
      'gpt-5-codex',
      'chat',
      404,
      'This model is only supported in v1/responses and not in v1/chat/completions.',
    ],
    ['text-embedding-3-small', 'responses', 400, 'is not a model for responses'],
    ['gpt-4o', 'completions', 404, 'This is a chat model'],
    ['gpt-4o', 'embeddings', 403, 'not allowed to generate embeddings'],
    ['gpt-4o', 'speech', 400, "not a model for speech. Use one that is: such as 'fakeai-1', 'tts-1'"],
  ] as const)('does not take %s for %s', (id, endpoint, status, message) => {
    const error = refusal(() => serving().of(id, endpoint));
    expect(error.status).toBe(status);
    expect(error.message).toContain(message);
  });

  it('forgets what is removed, ids derived from a base among it', () => {
    const models = serving();
    const id = 'ft:gpt-4o:acme::x';
    expect(models.chat(id).idJson).toBe(`"${id}"`);
    models.remove(id);
    expect(refusal(() => models.chat(id)).status).toBe(404);
  });

  it('has what another thread removed no longer, though it answered for it before', () => {
    const memory = shareRemovedModels();
    const [one, other] = [0, 1].map(() =>
      serving({ unknown: 'accept', custom: [unknownModel('ft:a:b')], removed: new RemovedModels(memory) }),
    );
    const ids = ['ft:a:b', 'ft:gpt-4o:acme::x'];
    for (const id of ids) expect(other!.chat(id).idJson).toBe(`"${id}"`);
    for (const id of ids) one!.remove(id);
    for (const id of ids) expect(refusal(() => other!.chat(id)).status).toBe(404);
    expect(other!.served.map(({ id }) => id)).not.toContain('ft:a:b');
    expect(other!.chat('ft:gpt-4o:acme::y').idJson).toBe('"ft:gpt-4o:acme::y"');
  });
});
