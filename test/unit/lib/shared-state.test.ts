import { describe, expect, it } from 'vitest';
import { StateReader, StateWriter } from '../../../src/lib/shared-state.js';
import * as fc from '../../support/fast-check.js';

const link = (fixed?: string) => {
  const writer = new StateWriter(fixed);
  const reader = new StateReader<object>(fixed);
  return { writer, reader, show: (state: object): object => reader.read(writer.write(state)) };
};

describe('a state that is shown again and again', () => {
  it('is read as it was written, whatever it was before', () => {
    const state = fc.letrec((tie) => ({
      part: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        // One zero is as good as the other.
        fc.double().map((number) => number + 0),
        fc.integer(),
        fc.boolean(),
        fc.constantFrom('', 'a', 'b ü'),
        fc.constantFrom(undefined, null),
        fc.float64Array({ maxLength: 4 }),
        tie('list'),
        tie('object'),
      ),
      list: fc.array(tie('part'), { maxLength: 4 }),
      object: fc.dictionary(fc.constantFrom('a', 'b', 'c', '7', 'fixed'), tie('part'), { maxKeys: 4 }),
    }));
    fc.assert(
      fc.property(fc.array(state.list, { minLength: 1, maxLength: 6 }), (states) => {
        const { show } = link();
        for (const each of states) expect(show(each)).toEqual(structuredClone(each));
      }),
      { numRuns: 300 },
    );
  });

  it('keeps its objects while little but numbers changes, and says nothing of its shape', () => {
    const { writer, show } = link();
    const first = show({ name: 'x', on: true, counts: new Float64Array([1, 2]), each: [{ n: 1 }, { n: 2 }] });
    const later = { name: 'x', on: false, counts: new Float64Array([3, 4]), each: [{ n: 0.5 }, { n: NaN }] };
    expect(show(later)).toBe(first);
    expect(first).toEqual(later);
    expect(writer.write(later)).toEqual({});
  });

  it('gets other objects when a text, a name or a length changes', () => {
    const states = [
      { a: { b: 1 }, c: 2 },
      { a: { b: 1, c: 2 } },
      { a: { b: 1, d: 2 } },
      { a: { b: 1, d: 'two' } },
      { a: { b: 1, d: 'three' } },
      { a: [1, 2] },
      { a: [1, 2, 3] },
      { a: new Float64Array(3) },
      { a: new Float64Array(2) },
      {},
    ];
    const { show } = link();
    const seen = states.map((state) => {
      const read = show(state);
      expect(read).toEqual(state);
      return read;
    });
    expect(new Set(seen).size).toBe(states.length);
  });

  it('may have more numbers than there was room for', () => {
    const { writer, reader, show } = link();
    show({ counts: new Float64Array(10), last: 1 });
    const state = { counts: new Float64Array(5000).fill(7), last: 2 };
    const message = writer.write(state);
    expect(message.memory!.byteLength).toBeGreaterThanOrEqual(5001 * 8);
    expect(reader.read(message)).toEqual(state);
    expect(writer.write(state).memory).toBeUndefined();
  });

  it('leaves out what is fixed, and what methods there are', () => {
    class Counted {
      readonly bounds = [1, 2, 3];
      constructor(readonly sum: number) {}
      get double(): number {
        return 2 * this.sum;
      }
    }
    const { show } = link('bounds');
    expect(show(new Counted(1))).toEqual({ bounds: [1, 2, 3], sum: 1 });
    expect(show(Object.assign(new Counted(5), { bounds: [4, 5, 6] }))).toEqual({ bounds: [1, 2, 3], sum: 5 });
  });

  it('is that of the instant of writing: nothing changes before the reader asks again', () => {
    const { writer, reader } = link();
    const state = { n: 1 };
    const message = writer.write(state);
    state.n = 2;
    expect(reader.read(message)).toEqual({ n: 1 });
  });

  it('can be completed when its shape is new', () => {
    const reader = new StateReader<{ n: number; more?: string }>('', (state) => (state.more = 'mine'));
    const writer = new StateWriter();
    expect(reader.read(writer.write({ n: 1 }))).toEqual({ n: 1, more: 'mine' });
    expect(reader.read(writer.write({ n: 2 }))).toEqual({ n: 2, more: 'mine' });
  });
});
