import { describe, expect, it } from 'vitest';
import * as fc from '../../support/fast-check.js';
import { FlightRows } from '../../../src/runs/simulation/flight-rows.js';
import { noFlight } from '../../../src/runs/simulation/virtual-flight.js';

const departure = (id: number) => ({ intendedMs: Number.NaN, sentMs: 10 * id, measured: id % 3 === 0 });

const taken = (rows: FlightRows, id: number) => {
  const flight = noFlight();
  rows.take(rows.find(id), flight);
  return flight;
};

const STEPS = { endOf: (step: number) => 100 + 10 * step + step * step };

describe('rows of requests under way', () => {
  it('are found by id until they are taken, whoever else comes and goes', () => {
    const changes = fc.array(fc.tuple(fc.constantFrom('add', 'take'), fc.nat(400)), { maxLength: 400 });
    fc.assert(
      fc.property(changes, (list) => {
        const rows = new FlightRows();
        const naive = new Map<number, { chunks: number; sentMs: number; measured: boolean }>();
        for (const [what, id] of list) {
          const known = naive.get(id);
          if (what === 'add' && !known) {
            rows.add(id, departure(id));
            naive.set(id, { chunks: id % 5, ...departure(id) });
            for (let chunk = 1; chunk <= id % 5; chunk++) expect(rows.countChunk(rows.find(id))).toBe(chunk);
          } else if (what === 'take' && known) {
            expect(taken(rows, id)).toMatchObject(known);
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
    rows.add(7, departure(7));
    const at = rows.find(7);
    rows.countChunk(at);
    rows.pass(at, 2, 5, STEPS);
    expect(taken(rows, 7)).toMatchObject({
      ...departure(7),
      firstMs: Number.NaN,
      secondMs: STEPS.endOf(3),
      lastMs: STEPS.endOf(5),
      longestGapMs: STEPS.endOf(5) - STEPS.endOf(4),
      chunks: 4,
    });
    expect(rows.find(7)).toBe(-1);
  });
});
