import { describe, expect, it } from 'vitest';
import { versionOf } from '../../../../src/simulator/models/model.js';
import { ModelRegistry } from '../../../../src/simulator/models/registry.js';

const registry = new ModelRegistry();
const called = (asked: string): string => versionOf(registry.find(asked)!, asked);

describe('what answers call a model', () => {
  it.each([
    ['gpt-4o', 'gpt-4o-2024-08-06'],
    ['gpt-4o-mini', 'gpt-4o-mini-2024-07-18'],
    ['gpt-5-mini', 'gpt-5-mini-2025-08-07'],
    ['gpt-4-turbo', 'gpt-4-turbo-2024-04-09'],
    ['gpt-4', 'gpt-4-0613'],
    ['gpt-3.5-turbo', 'gpt-3.5-turbo-0125'],
    ['gpt-4o-audio-preview', 'gpt-4o-audio-preview-2025-06-03'],
    ['claude-sonnet-4-5', 'claude-sonnet-4-5-20250929'],
  ])('%s is %s', (asked, version) => {
    expect(called(asked)).toBe(version);
  });

  it.each([
    'gpt-4o-2024-11-20',
    'gpt-4o-mini-2024-07-18',
    'claude-sonnet-4-5-20250929',
    'claude-opus-5',
    'llama-3.1-8b-instruct',
    'fakeai-1',
    'ft:gpt-4o-mini:acme:a:1',
  ])('%s is itself', (asked) => {
    expect(called(asked)).toBe(asked);
  });
});
