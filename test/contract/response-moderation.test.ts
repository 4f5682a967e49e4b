/** `moderation` of responses, and what else comes back with them. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeFileSync } from 'node:fs';
import type { RunningServer } from '../../src/server/index.js';
import { temporaryFolder } from '../support/cli.js';
import { asksOf, type Message } from '../support/responses.js';
import { startTestServer } from '../support/server.js';
import { expectError } from '../support/spec.js';

const BAD = 'I want to kill them all with a knife';
const folder = temporaryFolder();
let server: RunningServer;
beforeAll(async () => {
  const path = folder.file('fixtures.json');
  writeFileSync(path, JSON.stringify([{ match: { message: 'Say it' }, answer: BAD }]));
  const model = ['fakeai-1', 'omni-moderation-latest'];
  server = await startTestServer({ threads: 1, model, fixtures: [path] });
});
afterAll(async () => {
  await server.close();
  folder.remove();
});

const { post, respond, stream } = asksOf(() => server.url);
const moderation = (input?: string, output?: string) => ({
  model: 'omni-moderation-latest',
  policy: { ...(input && { input: { mode: input } }), ...(output && { output: { mode: output } }) },
});
type Moderated = { moderation?: { input: { flagged: boolean }; output: { flagged: boolean } } };
const flags = (said: unknown): boolean[] => {
  const { input, output } = (said as Moderated).moderation!;
  return [input.flagged, output.flagged];
};

it('scores what is asked and answered', async () => {
  expect(flags(await respond({ input: 'Hello', moderation: moderation() }))).toEqual([false, false]);
  expect(flags(await respond({ input: BAD, moderation: moderation('score') }))).toEqual([true, false]);
  expect(flags(await respond({ input: 'Say it', moderation: moderation() }))).toEqual([false, true]);
  expect(await respond({ input: 'Hello' })).not.toHaveProperty('moderation');
});

it('blocks what is flagged', async () => {
  const refused = await post({ input: BAD, moderation: moderation('block') });
  await expectError(refused, 400, { param: 'input', code: 'moderation_blocked' });
  const blocked = { input: 'Say it', moderation: moderation('block', 'block') };
  const whole = await respond(blocked);
  expect(whole).toMatchObject({
    status: 'incomplete',
    incomplete_details: { reason: 'content_filter' },
    output: [],
  });
  const { events } = await stream(blocked);
  expect(JSON.stringify(events)).not.toContain('knife');
  expect(events.at(-1)).toMatchObject({ type: 'response.incomplete', response: { output: [] } });
  const fine = await respond({ input: 'Hello', moderation: moderation('block', 'block') });
  expect((fine.output[0] as Message).content[0]!.text).not.toBe('');
});

it('shows what a response was asked with', async () => {
  const asked = {
    reasoning: { effort: 'low', mode: 'pro', context: 'all_turns' },
    service_tier: 'ultrafast',
    prompt_cache_options: { mode: 'explicit' },
    prompt_cache_retention: '24h',
  };
  expect(await respond({ input: 'Hello', ...asked })).toMatchObject({
    ...asked,
    prompt_cache_options: { ttl: '30m', mode: 'explicit' },
  });
});
