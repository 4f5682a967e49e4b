import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ARCHITECTURES } from '../../../../src/simulator/architectures/catalogue.js';
import { BUILT_IN_MODELS } from '../../../../src/simulator/models/catalogue/index.js';
import { ModelDescriptionError, readModels } from '../../../../src/simulator/models/custom.js';
import { fineTunedId, readFineTunedId } from '../../../../src/simulator/models/fine-tuned.js';
import { DEFAULT_MODEL, ModelRegistry, unknownModel } from '../../../../src/simulator/models/registry.js';

const registry = new ModelRegistry();

describe('the built-in models', () => {
  it('are more than 200, of all vendors, the default one first', () => {
    expect(BUILT_IN_MODELS.length).toBeGreaterThan(200);
    expect(BUILT_IN_MODELS[0]!.id).toBe(DEFAULT_MODEL);
    const owners = new Set(BUILT_IN_MODELS.map(({ owner }) => owner));
    for (const owner of [
      'openai',
      'anthropic',
      'meta',
      'deepseek',
      'mistralai',
      'google',
      'qwen',
      'nvidia',
      'xai',
      'cohere',
    ])
      expect(owners).toContain(owner);
  });

  it('are all that OpenAI names in its specification', () => {
    const named = [
      'chat',
      'responses',
      'audio',
      'images',
      'realtime',
      'videos',
      'embeddings',
      'assistants',
    ].flatMap((family) =>
      [
        ...readFileSync(`test/spec/${family}.json`, 'utf8').matchAll(
          /"((?:gpt-(?!oss)|o\d|chatgpt-|sora-|dall-e-|whisper-|tts-|text-embedding-|codex-|computer-use)[\w.-]*)"/g,
        ),
      ].map(([, id]) => id!),
    );
    expect(named.length).toBeGreaterThan(100);
    expect([...new Set(named)].filter((id) => !registry.find(id))).toEqual([]);
  });

  it('answer responses alone where the specification says so', () => {
    interface Spec {
      $defs: { ModelIdsResponses: { anyOf: { enum?: string[] }[] } };
    }
    const { $defs } = JSON.parse(readFileSync('test/spec/responses.json', 'utf8')) as Spec;
    const named = $defs.ModelIdsResponses.anyOf.flatMap((part) => part.enum ?? []);
    expect(named).toContain('o1-pro');
    for (const id of named) expect([id, registry.find(id)?.endpoints]).toEqual([id, ['responses']]);
  });

  it('stand for no other shape where theirs is known', () => {
    const shapes = new Set(ARCHITECTURES.map(({ name }) => name));
    const wrong = BUILT_IN_MODELS.filter(({ id, aliases, architectureIsStandIn }) => {
      const names = [id.slice(id.indexOf('/') + 1), ...aliases].map((name) => name.toLowerCase());
      return architectureIsStandIn === true && names.some((name) => shapes.has(name));
    });
    expect(wrong.map(({ id }) => id)).toEqual([]);
  });

  it('have names that mean one model each', () => {
    const names = BUILT_IN_MODELS.flatMap(({ id, aliases }) => [id, ...aliases]);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it.each(BUILT_IN_MODELS.map((model) => [model.id, model] as const))('%s fits together', (_, model) => {
    const architectures = ARCHITECTURES.map(({ name }) => name);
    const writes = model.endpoints.some((one) => ['chat', 'responses', 'completions'].includes(one));
    expect(Number.isInteger(model.createdS) && model.createdS > 1.6e9).toBe(true);
    expect(model.contextTokens).toBeGreaterThan(0);
    expect(model.outputTokens).toBeLessThanOrEqual(model.contextTokens);
    expect(model.outputTokens > 0).toBe(
      writes || ['transcription', 'realtime'].includes(model.endpoints[0]!),
    );
    expect(model.embedding !== undefined).toBe(model.endpoints.includes('embeddings'));
    // What writes can be simulated by its size.
    if (writes) expect(architectures).toContain(model.architecture);
    const { inputUsdPerMillion: input = 0, cachedInputUsdPerMillion: cached = 0 } = model.prices;
    expect(cached).toBeLessThanOrEqual(input);
  });
});

describe('ModelRegistry', () => {
  it('finds by id, by alias, and nothing else', () => {
    expect(registry.find('gpt-4o')?.id).toBe('gpt-4o');
    expect(registry.find('gpt-4o-2024-08-06')?.id).toBe('gpt-4o');
    expect(registry.find('gpt-4o-')).toBeUndefined();
  });

  it('takes a fine-tuned id for its base under another name', () => {
    const id = 'ft:gpt-4o-mini-2024-07-18:acme:support:7p4lURel';
    expect(registry.find(id)).toMatchObject({ id, owner: 'acme', contextTokens: 128_000 });
    expect(registry.find('ft:none:acme::x')).toBeUndefined();
  });

  it('registers and removes', () => {
    const own = new ModelRegistry();
    own.register({ ...unknownModel('mine'), aliases: ['my-alias'] });
    expect(own.find('my-alias')?.id).toBe('mine');
    expect(own.models.at(-1)?.id).toBe('mine');
    expect(own.remove('mine')).toBe(true);
    expect(own.remove('mine')).toBe(false);
    expect(own.find('my-alias')).toBeUndefined();
  });
});

describe('fine-tuned ids', () => {
  it.each([
    ['ft:gpt-4o:acme::9ABC', { base: 'gpt-4o', organization: 'acme', suffix: '', job: '9ABC' }],
    ['ft:gpt-4o:acme:tone:9ABC', { base: 'gpt-4o', organization: 'acme', suffix: 'tone', job: '9ABC' }],
  ])('%s', (id, parts) => {
    expect(readFineTunedId(id)).toEqual(parts);
    expect(fineTunedId(parts)).toBe(id);
  });

  it.each(['ft:', 'ft:gpt-4o', 'gpt-4o', 'ft::acme:x:y', 'ft:a:b:c:d:e'])('%s is none', (id) => {
    expect(readFineTunedId(id)).toBeUndefined();
  });
});

describe('unknownModel', () => {
  it('takes the architecture that its name tells', () => {
    expect(unknownModel('acme/Llama-3.1-8B-tuned')).toMatchObject({
      owner: 'acme',
      architecture: 'llama-3.1-8b',
    });
  });
});

describe('described models', () => {
  it('are like their base but for what is said', () => {
    const [one, two] = readModels(
      [
        { id: 'one', base: 'gpt-4o', contextTokens: 1000, outputTokens: 100, created: '2026-01-02' },
        { id: 'two', base: 'one', prices: { inputUsdPerMillion: 1 } },
      ],
      registry,
    );
    const base = registry.find('gpt-4o')!;
    const created = { createdS: 1_767_312_000 };
    expect(one).toEqual({
      ...base,
      id: 'one',
      aliases: [],
      contextTokens: 1000,
      outputTokens: 100,
      ...created,
    });
    expect(two).toEqual({ ...one, id: 'two', prices: { inputUsdPerMillion: 1 } });
  });

  it.each([
    [{}, 'expected a list of models'],
    [3, 'expected a list of models'],
    [[{ id: '' }], '0.id: '],
    [[{ id: 'a', contextTokens: -1 }], '0.contextTokens: '],
    [[{ id: 'a', context: 5 }], 'context'],
    [[{ id: 'a', base: 'nobody' }], 'a: its base "nobody" is not known'],
  ])('%j is refused: %s', (input, problem) => {
    const read = () => readModels(input, registry);
    expect(read).toThrow(ModelDescriptionError);
    expect(read).toThrow(problem);
  });
});
