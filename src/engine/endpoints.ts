/** From a base URL to the URLs of an OpenAI-compatible API. */
import { FakeaiError } from '../lib/errors.js';

function parseBase(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')) {
    throw new FakeaiError('FAKEAI_SETTING_INVALID', {
      where: '--url',
      problem: `"${url}" is not an http or https URL`,
      hint: 'Give the base URL of the server, for example http://localhost:8000 or https://api.openai.com/v1.',
    });
  }
  return parsed;
}

/** The base with its path ending in `/v1`, without the path of chat completions and without a trailing slash. */
function versioned(url: string): URL {
  const base = parseBase(url);
  const path = base.pathname.replace(/\/+$/, '').replace(/\/chat\/completions$/, '');
  base.pathname = /\/v\d+$/.test(path) || path !== base.pathname.replace(/\/+$/, '') ? path : `${path}/v1`;
  return base;
}

/**
 * Where chat completions are asked for: `BASE/v1/chat/completions`, for a base with or without `/v1`. A URL that ends
 * in `/chat/completions` is taken as it is, and so is its query.
 *
 * @throws FakeaiError FAKEAI_SETTING_INVALID for anything but an http or https URL
 */
export function chatCompletionsUrl(url: string): URL {
  const target = versioned(url);
  target.pathname += '/chat/completions';
  return target;
}

/** Where the models are listed: beside chat completions. */
export function modelsUrl(url: string): URL {
  const target = versioned(url);
  target.pathname += '/models';
  return target;
}
