/** Who is measured. */
import { expect, it } from 'vitest';
import { resolveSettings } from '../../../src/config/resolve.js';
import { resolveTargets } from '../../../src/runs/targets.js';

it('an embedded simulator that needs a key is sent one', async () => {
  const { settings } = await resolveSettings({ section: 'bench' });
  const { settings: server } = await resolveSettings({ section: 'server' });
  const { headers, targets, embedded } = await resolveTargets(settings, {
    ...server,
    threads: 1,
    apiKey: ['one', 'two'],
  });
  const url = `${targets[0]!.url}/v1/models`;
  expect([(await fetch(url, { headers })).status, (await fetch(url)).status]).toEqual([200, 401]);
  await embedded!.close();
});
