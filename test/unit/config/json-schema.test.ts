import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { configJsonSchema } from '../../../src/config/json-schema.js';
import { configReference } from '../../../src/config/reference.js';
import { SETTINGS } from '../../../src/config/describe-settings.js';

const validate = new Ajv2020({ strict: true, allowUnionTypes: true, formats: { uri: true } }).compile(
  configJsonSchema(),
);

test.each([
  [{}, true],
  [
    {
      $schema: 'x',
      bench: { rate: 5, duration: '30s', slo: ['ttft.p95 < 1s'], inputTokens: 550, ignoreEos: 'auto' },
    },
    true,
  ],
  [
    {
      server: { port: 0, threads: 'auto', ttft: 20, model: ['a'] },
      bench: { url: 'http://a', streaming: false },
    },
    true,
  ],
  [{ bench: { rate: 0 } }, false],
  [{ bench: { duration: 'soon' } }, false],
  [{ bench: { target: ['x'] } }, false],
  [{ bench: { url: 'ftp://a' } }, false],
  [{ server: { latency: 'quick' } }, false],
  [{ server: { concurrency: 3 } }, false],
  [{ sever: {} }, false],
])('%j is valid: %s', (content, valid) => {
  expect(validate(content)).toBe(valid);
});

test('the reference has a row for every setting', () => {
  const text = configReference();
  for (const { nestedEnv } of SETTINGS) expect(text).toMatch(new RegExp(`^\\|.*\`${nestedEnv}\``, 'm'));
});
