import { describe, expect, it } from 'vitest';
import { endpointUrl, modelsUrl } from '../../../src/engine/endpoints.js';

const CHAT = { endpoint: 'chat' } as const;

describe('the URL of chat completions', () => {
  it.each([
    ['http://h:8000', 'http://h:8000/v1/chat/completions', 'http://h:8000/v1/models'],
    ['http://h:8000/', 'http://h:8000/v1/chat/completions', 'http://h:8000/v1/models'],
    ['https://h/v1', 'https://h/v1/chat/completions', 'https://h/v1/models'],
    ['https://h/v1/', 'https://h/v1/chat/completions', 'https://h/v1/models'],
    ['https://h/openai', 'https://h/openai/v1/chat/completions', 'https://h/openai/v1/models'],
    ['https://h/api/v4', 'https://h/api/v4/chat/completions', 'https://h/api/v4/models'],
    [
      'https://h/x/chat/completions?api-version=1',
      'https://h/x/chat/completions?api-version=1',
      'https://h/x/models?api-version=1',
    ],
  ])('of %s', (base, chat, models) => {
    expect(endpointUrl(CHAT, base).href).toBe(chat);
    expect(modelsUrl(base).href).toBe(models);
  });

  it('is refused for anything else', () => {
    for (const url of ['h:8000', 'ws://h', '/v1', '']) {
      expect(() => endpointUrl(CHAT, url)).toThrow(
        expect.objectContaining({ code: 'FAKEAI_SETTING_INVALID' }),
      );
    }
  });
});
