import { expect, test } from 'vitest';
import * as fc from '../support/fast-check.js';
import { PlainFrames } from '../../src/server/protocols/openai/chat/plain-frames.js';
import { ChunkWriter } from '../../src/server/protocols/openai/chat/wire.js';
import { Answer } from '../../src/simulator/index.js';
import { NO_USAGE } from '../../src/server/generation/generator.js';

const IDENTITY = { id: 'x', created: 1, modelJson: '"m"', fingerprint: 'f', serviceTier: 'default' };

const asked = fc.record({
  seed: fc.integer({ min: 0, max: 1000 }),
  maxTokens: fc.integer({ min: 1, max: 60 }),
  minTokens: fc.constantFrom(0, 5),
  ignoreEos: fc.boolean(),
  stop: fc.constantFrom([], ['e'], [' th', 'er'], ['. ']),
});
/** Before each token: whether it is prepared, how often, and whether the next one is of the same step. */
const ways = fc.array(fc.record({ prepared: fc.integer({ min: 0, max: 2 }), more: fc.boolean() }), {
  minLength: 1,
  maxLength: 20,
});

test('a chat says the same, byte by byte, whichever of its tokens were prepared', () => {
  fc.assert(
    fc.property(asked, ways, fc.boolean(), ({ seed, ...limits }, way, padded) => {
      const said = (prepares: boolean): string[] => {
        const answer = new Answer({ seed, digest: { high: 1, low: 2 }, choice: 0, ...limits });
        const frames = new PlainFrames(answer, new ChunkWriter(IDENTITY, true, padded), 0);
        const events: string[] = [];
        for (let i = 0; !frames.ended; i++) {
          const { prepared, more } = way[i % way.length]!;
          for (let left = prepares ? prepared : 0; left > 0; left--) frames.prepare();
          events.push(frames.next(NO_USAGE, more));
        }
        return events;
      };
      expect(said(true)).toEqual(said(false));
    }),
    { numRuns: 150 },
  );
});
