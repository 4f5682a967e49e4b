import { describe, expect, it } from 'vitest';
import { Sequences } from '../../../../src/server/generation/sequences.js';
import { MeteredGenerator } from '../../../../src/server/telemetry/metered-generator.js';
import { ThreadMeters } from '../../../../src/server/telemetry/thread-meters.js';
import { generationRequest, ScriptedGenerator } from '../../../support/scripted-generator.js';
import { HandClock } from '../../../support/store.js';

const OWNER = { accepted() {}, tokens() {}, finished() {}, failed() {} };

/** The sequences of a request, and what its model's meter says was lost. */
function begin(choices: number) {
  const generator = new ScriptedGenerator();
  const meters = new ThreadMeters();
  const sequences = new Sequences(choices, OWNER, { endpoint: 'completions', streamed: true });
  const requests = Array.from({ length: choices }, (_, choice) => generationRequest(choice));
  sequences.start(new MeteredGenerator(generator, meters, new HandClock()), requests);
  const { model } = requests[0]!;
  return { generator, sequences, losses: () => meters.model(model).losses };
}

describe('a request that is not answered counts once, whatever its number of choices', () => {
  it('when the engine refuses it', () => {
    const { generator, losses } = begin(3);
    generator.fail(1, 'queue_full');
    expect(losses()).toEqual([{ endpoint: 'completions', streamed: true, why: 'queue_full', count: 1 }]);
  });

  it('when its reader goes', () => {
    const { generator, sequences, losses } = begin(2);
    generator.accept();
    sequences.complete(0);
    sequences.cancel();
    sequences.cancel();
    expect(losses()).toEqual([{ endpoint: 'completions', streamed: true, why: 'cancelled', count: 1 }]);
  });

  it('when its reader goes before it has all that the engine made', () => {
    const { generator, sequences, losses } = begin(1);
    generator.accept();
    generator.finish(0);
    sequences.complete(0);
    sequences.cancel();
    expect(losses()).toEqual([{ endpoint: 'completions', streamed: true, why: 'cancelled', count: 1 }]);
  });

  it('and not at all when it is answered, whatever its reader does then', () => {
    const { generator, sequences, losses } = begin(2);
    generator.accept();
    sequences.complete(0);
    sequences.end();
    sequences.cancel();
    expect(losses()).toEqual([]);
  });
});
