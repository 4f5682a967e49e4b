import { describe, expect, it } from 'vitest';
import { InstantHeap, type Placed } from '../../../src/lib/instant-heap.js';
import * as fc from '../../support/fast-check.js';

interface Waiting extends Placed {
  readonly id: number;
}

/** Steps against a heap, each with numbers to choose by. */
const steps = fc.array(
  fc.record({
    kind: fc.constantFrom('add', 'add', 'remove', 'replaceFirst', 'dropFirst'),
    instantMs: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.double({ min: 0, max: 20, noNaN: true })),
    pick: fc.nat(),
  }),
  { maxLength: 200 },
);

describe('InstantHeap', () => {
  it('has the earliest of what is in it first, whatever is added, removed and put in place of the first', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const heap = new InstantHeap<Waiting>();
        const waiting = new Map<Waiting, number>();
        let nextId = 0;
        for (const { kind, instantMs, pick } of all) {
          const item: Waiting = { id: nextId++, place: -1 };
          const { first } = heap;
          if (kind === 'add') {
            heap.add(item, instantMs);
            waiting.set(item, instantMs);
          } else if (kind === 'remove' && waiting.size > 0) {
            const gone = [...waiting.keys()][pick % waiting.size]!;
            heap.remove(gone);
            waiting.delete(gone);
            expect(gone.place).toBe(-1);
          } else if (first && kind !== 'remove') {
            waiting.delete(first);
            first.place = -1;
            if (kind === 'dropFirst') heap.dropFirst();
            else {
              heap.replaceFirst(item, instantMs);
              waiting.set(item, instantMs);
            }
          }
          expect(heap.size).toBe(waiting.size);
          expect(heap.firstMs).toBe(Math.min(...waiting.values()));
          if (heap.first) expect(waiting.get(heap.first)).toBe(heap.firstMs);
          expect([...waiting.keys()].map(({ place }) => place).toSorted((a, b) => a - b)).toEqual(
            Array.from({ length: waiting.size }, (_, place) => place),
          );
        }
        heap.clear();
        expect(heap.size).toBe(0);
        for (const { place } of waiting.keys()) expect(place).toBe(-1);
      }),
      { numRuns: 100 },
    );
  });
});
