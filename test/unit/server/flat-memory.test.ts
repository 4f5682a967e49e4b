/** What a thread keeps of requests of which each is another one: nothing that grows with their number. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { TestApp } from '../../support/app.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** So many fill what remembers the latest. */
const FIRST = 60_000;
const MORE = 60_000;
/** Less than a hundred bytes of each: a key in a map that forgets nothing takes more. */
const MOST_BYTES = 80 * MORE;

it('keys, models, users and texts that never come again are forgotten', async () => {
  const app = new TestApp(undefined, { unknownModels: 'accept' });
  const ask = async (from: number, count: number): Promise<number> => {
    for (let n = from; n < from + count; n++) {
      const text = `Say something about the number ${n} and about ${n * 7919}, please, in a few words.`;
      const body = Buffer.from(
        JSON.stringify({
          model: `model-${n}`,
          user: `user-${n}`,
          max_tokens: 4,
          messages: [{ role: 'user', content: text }],
        }),
      );
      const answer = await app.postBytes(
        '/v1/chat/completions',
        body,
        new Map([
          ['authorization', `Bearer sk-${n}`],
          ['user-agent', `agent-${n}`],
        ]),
      );
      if (n === from) expect(answer.status).toBe(200);
    }
    collect();
    return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
  };
  const before = await ask(0, FIRST);
  expect((await ask(FIRST, MORE)) - before).toBeLessThan(MOST_BYTES);
  await app.close();
}, 60_000);
