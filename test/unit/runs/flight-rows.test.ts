import { describe, expect, it } from 'vitest';
import * as fc from '../../support/fast-check.js';
import { CHUNKS, FlightRows } from '../../../src/runs/simulation/flight-rows.js';

const STEPS = { endOf: (step: number) => 100 + 10 * step + step * step };

describe('rows of requests under way', () => {
  it('are found by id until they are taken, whoever else comes and goes', () => {
    const changes = fc.array(fc.tuple(fc.constantFrom('add', 'take'), fc.nat(400)), { maxLength: 400 });
    fc.assert(
      fc.property(changes, (list) => {
        const rows = new FlightRows();
        const naive = new Map<number, { chunks: number; measured: boolean }>();
        for (const [what, id] of list) {
          const known = naive.get(id);
          if (what === 'add' && !known) {
            rows.add(id, id % 3 === 0);
            naive.set(id, { chunks: id % 5, measured: id % 3 === 0 });
            rows.memory[rows.find(id) + CHUNKS] = id % 5;
          } else if (what === 'take' && known) {
            expect(rows.take(id).chunks).toBe(known.chunks);
            naive.delete(id);
          }
        }
        for (let id = 0; id <= 400; id++) {
          const at = rows.find(id);
          expect(at >= 0, `${id}`).toBe(naive.has(id));
          if (at >= 0) expect(rows.isMeasured(at)).toBe(naive.get(id)!.measured);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('keep what the steps of a run change, the second token and the longest gap among it', () => {
    const rows = new FlightRows();
    rows.add(7, true);
    const at = rows.find(7);
    rows.memory[at + CHUNKS] = 1;
    rows.pass(at, 2, 5, STEPS);
    expect(rows.take(7)).toEqual({
      firstMs: Number.NaN,
      secondMs: STEPS.endOf(3),
      lastMs: STEPS.endOf(5),
      longestGapMs: STEPS.endOf(5) - STEPS.endOf(4),
      chunks: 4,
    });
    expect(rows.find(7)).toBe(-1);
  });
});
