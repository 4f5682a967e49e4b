import * as fc from '../../support/fast-check.js';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/lib/clock.js';
import { type Deadline, DeadlineWheel, type TickSource } from '../../../src/lib/deadline-wheel.js';
import { WakerTicks } from '../../../src/lib/waker.js';

/** A clock and a tick source that a test moves by hand. */
class FakeTime implements TickSource {
  now = 0;
  armed = Number.POSITIVE_INFINITY;
  closed = false;
  #callback: () => void = () => {};

  readonly clock = { nowMs: () => this.now, wallMs: () => this.now };

  onTick(callback: () => void): void {
    this.#callback = callback;
  }

  arm(instantMs: number): void {
    this.armed = instantMs;
  }

  close(): void {
    this.closed = true;
  }

  advanceTo(instantMs: number): void {
    while (this.armed <= instantMs) {
      this.now = Math.max(this.now, this.armed);
      this.armed = Number.POSITIVE_INFINITY;
      this.#callback();
    }
    this.now = instantMs;
  }
}

const wheelOf = (time: FakeTime, options: { minTickMs?: number; capacity?: number } = {}): DeadlineWheel =>
  new DeadlineWheel({ clock: time.clock, ticks: time, ...options });

describe('DeadlineWheel', () => {
  it('runs callbacks at their instants, in order, whatever the order they were added in', () => {
    const time = new FakeTime();
    const wheel = wheelOf(time);
    const ran: [number, number][] = [];
    for (const instant of [30, 10, 20, 10.5]) wheel.at(instant, (nowMs) => ran.push([instant, nowMs]));
    time.advanceTo(25);
    expect(ran).toEqual([
      [10, 10],
      [10.5, 10.5],
      [20, 20],
    ]);
    expect(wheel.size).toBe(1);
    time.advanceTo(30);
    expect(ran).toHaveLength(4);
  });

  it('runs any set of deadlines exactly once and in order, less those cancelled or moved', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ at: fc.nat(1000), then: fc.constantFrom('run', 'cancel', 'move'), to: fc.nat(1000) }),
        ),
        (plan) => {
          const time = new FakeTime();
          const wheel = wheelOf(time);
          const ran: number[] = [];
          const handles = plan.map(({ at }) => wheel.at(at, (nowMs) => ran.push(nowMs)));
          plan.forEach(({ then, to }, i) => {
            if (then === 'cancel') wheel.cancel(handles[i]!);
            if (then === 'move') wheel.move(handles[i]!, to);
          });
          time.advanceTo(1000);
          const expected = plan
            .filter((p) => p.then !== 'cancel')
            .map((p) => (p.then === 'move' ? p.to : p.at));
          expect(ran).toEqual(expected.toSorted((a, b) => a - b));
          expect(wheel.size).toBe(0);
        },
      ),
    );
  });

  it('runs all that waits in order, whatever callbacks do to their own deadlines, to others and to new ones', () => {
    const action = fc.record({
      what: fc.constantFrom('again', 'move', 'cancel', 'add', 'throw'),
      other: fc.nat(30),
      inMs: fc.nat(40),
    });
    fc.assert(
      fc.property(
        fc.array(fc.nat(100), { minLength: 1, maxLength: 20 }),
        fc.array(action, { maxLength: 60 }),
        (instants, actions) => {
          const time = new FakeTime();
          const wheel = wheelOf(time);
          const deadlines: Deadline[] = [];
          /** What ought to wait: instants by deadline. */
          const waiting = new Map<number, number>();
          const left = [...actions];
          const add = (instantMs: number): void => {
            const id = deadlines.length;
            waiting.set(id, instantMs);
            deadlines.push(wheel.at(instantMs, () => act(id)));
          };
          const act = (id: number): void => {
            expect(waiting.get(id)).toBe(Math.min(...waiting.values()));
            waiting.delete(id);
            expect(wheel.size).toBe(waiting.size);
            for (let next = left.shift(); next; next = next.what === 'again' ? undefined : left.shift()) {
              const other = next.what === 'again' ? id : next.other % deadlines.length;
              if (next.what === 'throw') throw new Error('a callback’s own');
              if (next.what === 'add') add(time.now + next.inMs);
              else if (next.what === 'cancel') {
                wheel.cancel(deadlines[other]!);
                waiting.delete(other);
              } else {
                wheel.move(deadlines[other]!, time.now + next.inMs);
                waiting.set(other, time.now + next.inMs);
              }
              expect(wheel.size).toBe(waiting.size);
            }
          };
          for (const instantMs of instants) add(instantMs);
          for (let i = 0; i < 500 && waiting.size > 0; i++) {
            try {
              time.advanceTo(1000);
            } catch (error) {
              expect((error as Error).message).toBe('a callback’s own');
            }
          }
          expect([waiting.size, wheel.size]).toEqual([0, 0]);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('keeps a chain of deadlines on its absolute grid when every tick comes late', () => {
    const time = new FakeTime();
    const wheel = wheelOf(time);
    const ran: number[] = [];
    const handle = wheel.at(10, (nowMs) => {
      ran.push(nowMs);
      if (ran.length < 4) wheel.move(handle, 10 * (ran.length + 1));
    });
    time.now = 13;
    time.advanceTo(13);
    time.advanceTo(100);
    expect(ran).toEqual([13, 20, 30, 40]);
    expect(wheel.lateness.report()).toMatchObject({ count: 4, maxMs: 3 });
  });

  it('leaves what falls due during a tick to the next one, so that callbacks cannot starve I/O', () => {
    const time = new FakeTime();
    const wheel = wheelOf(time);
    let runs = 0;
    const again = (): void => {
      if (++runs < 3) wheel.at(0, again);
    };
    wheel.at(5, () => {
      time.now += 1;
      wheel.at(5.5, again);
    });
    time.advanceTo(5);
    expect(runs).toBeLessThanOrEqual(3);
    time.advanceTo(10);
    expect(runs).toBe(3);
  });

  it('lets what is due within minTickMs run together', () => {
    const time = new FakeTime();
    const wheel = wheelOf(time, { minTickMs: 1 });
    const ran: number[] = [];
    for (const instant of [1, 1.2, 1.4, 1.9, 2.5]) wheel.at(instant, (nowMs) => ran.push(nowMs));
    time.advanceTo(5);
    expect(ran).toEqual([1, 2, 2, 2, 3]);
  });

  it('refuses more deadlines than its capacity', () => {
    const wheel = wheelOf(new FakeTime(), { capacity: 2 });
    wheel.at(1, () => {});
    wheel.at(2, () => {});
    expect(() => wheel.at(3, () => {})).toThrow(RangeError);
  });

  it('runs the others when a callback throws', () => {
    const time = new FakeTime();
    const wheel = wheelOf(time);
    let ran = false;
    wheel.at(1, () => {
      throw new Error('one');
    });
    wheel.at(1, () => (ran = true));
    expect(() => time.advanceTo(2)).toThrow('one');
    time.advanceTo(2);
    expect(ran).toBe(true);
  });

  it('runs nothing after close, and closes its tick source', () => {
    const time = new FakeTime();
    const wheel = wheelOf(time);
    const handle = wheel.at(1, () => expect.unreachable());
    wheel.close();
    expect(handle.pending).toBe(false);
    expect(time.closed).toBe(true);
    wheel.at(1, () => expect.unreachable());
    expect(wheel.size).toBe(0);
  });
});

describe('DeadlineWheel on real ticks', () => {
  for (const kind of ['timer', 'waker'] as const) {
    it(`never runs early with ${kind} ticks`, async () => {
      const wheel = new DeadlineWheel({
        clock: systemClock,
        ...(kind === 'waker' ? { ticks: new WakerTicks() } : {}),
      });
      const startMs = systemClock.nowMs();
      const gaps = Array.from({ length: 50 }, (_, i) => 100 + i * 1.37);
      const early = await Promise.all(
        gaps.map(
          (gap) =>
            new Promise<boolean>((resolve) => {
              wheel.at(startMs + gap, (nowMs) => resolve(nowMs < startMs + gap));
            }),
        ),
      );
      wheel.close();
      expect(early.filter(Boolean)).toEqual([]);
      expect(wheel.lateness.report().count).toBe(50);
    });
  }
});
