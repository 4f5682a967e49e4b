import { describe, expect, it } from 'vitest';
import { ClosedLane } from '../../../src/engine/closed-lane.js';
import { OpenLane } from '../../../src/engine/open-lane.js';
import { Recorder } from '../../../src/engine/recorder.js';
import type { Workload } from '../../../src/workloads/plan.js';
import { LaneBench, planOf, type Got } from './lane-bench.js';
import { completion, textEvent, usageAndDone } from './scripted-server.js';

const sessionsOf = (turns: number, delayMs: number): Workload => ({
  kind: 'synthetic',
  inputTokens: { kind: 'fixed', value: 5 },
  outputTokens: { kind: 'fixed', value: 3 },
  session: { turns: { kind: 'fixed', value: turns }, delayMs: { kind: 'fixed', value: delayMs } },
});

interface Message {
  role: string;
  content: string;
}
const messagesOf = ({ body }: Got): Message[] => (JSON.parse(body) as { messages: Message[] }).messages;
const answersIn = (got: Got): string[] =>
  messagesOf(got)
    .filter(({ role }) => role === 'assistant')
    .map(({ content }) => content);

const closed = (concurrency: number) => ({ kind: 'closed', concurrency }) as const;
const constant = (ratePerSecond: number) => ({ kind: 'constant', ratePerSecond }) as const;

describe('sessions in a closed loop', () => {
  it('have figures of their own for each turn', () => {
    const bench = new LaneBench(
      ClosedLane,
      planOf({ arrivals: closed(1), workload: sessionsOf(2, 0), stop: { requests: 4 }, timeoutMs: 10_000 }),
    );
    for (const atMs of [10, 50, 60, 130]) {
      bench.to(atMs);
      bench.answer(bench.open[0]);
    }
    const { turns } = bench.lane.recorder.outcome({ name: 't', url: 'u' }, 1000);
    expect(
      turns!.map(({ turn, distributions: { e2e } }) => [
        turn,
        e2e!.count,
        e2e!.statistic('min'),
        e2e!.statistic('max'),
      ]),
    ).toEqual([
      [1, 2, 10, 10],
      [2, 2, 40, 70],
    ]);
    const again = new Recorder(bench.lane.recorder.encode());
    again.merge(bench.lane.recorder);
    expect(
      again
        .outcome({ name: 't', url: 'u' }, 1000)
        .turns!.map(({ distributions }) => distributions.e2e!.count),
    ).toEqual([4, 4]);
  });

  it('keep their slot, and send what was said and the real answers', () => {
    const bench = new LaneBench(
      ClosedLane,
      planOf({ arrivals: closed(1), workload: sessionsOf(3, 50), stop: { requests: 4 } }),
    );
    bench.to(10);
    bench.answer(bench.open[0], completion(7, 3, 'one "1"\n'));
    bench.to(59);
    expect(bench.got).toHaveLength(1);
    bench.to(65);
    expect(bench.instants).toEqual([0, 60]);
    bench.answer(bench.open[0], completion(7, 3, 'zwei ü😀'));
    bench.to(120);
    bench.answer(bench.open[0], completion(7, 3, 'three'));
    // The session has ended: the next one begins at once.
    expect(bench.instants).toEqual([0, 60, 115, 120]);
    expect(bench.got.map(answersIn)).toEqual([[], ['one "1"\n'], ['one "1"\n', 'zwei ü😀'], []]);
    expect(messagesOf(bench.got[2]!).slice(0, 3)).toEqual(messagesOf(bench.got[1]!));
    // Four requests were asked for: the second session is not continued.
    bench.answer(bench.open[0]);
    expect(bench.over).toBe(true);
    expect(bench.lane.recorder.counters).toMatchObject({ sent: 4, completed: 4, incomplete: 0 });
  });

  it('goes on at once without a delay', () => {
    const bench = new LaneBench(
      ClosedLane,
      planOf({ arrivals: closed(1), workload: sessionsOf(2, 0), stop: { requests: 4 } }),
    );
    for (let i = 0; i < 4; i++) {
      bench.to(10 * (i + 1));
      bench.answer(bench.open[0]);
    }
    expect(bench.instants).toEqual([0, 10, 20, 30]);
    expect(bench.got.map((got) => answersIn(got).length)).toEqual([0, 1, 0, 1]);
    expect(bench.over).toBe(true);
  });

  it('end with a turn that fails', () => {
    const bench = new LaneBench(
      ClosedLane,
      planOf({ arrivals: closed(1), workload: sessionsOf(3, 0), stop: { requests: 3 } }),
    );
    bench.answer(bench.open[0]);
    bench.fail(bench.open[0], 'http_5xx');
    expect(bench.got.map((got) => answersIn(got).length)).toEqual([0, 1, 0]);
  });

  it('are not continued after the time for sending, and do not hold up the end', () => {
    const bench = new LaneBench(
      ClosedLane,
      planOf({ arrivals: closed(2), workload: sessionsOf(3, 500), stop: { durationMs: 100 } }),
    );
    bench.to(50);
    for (const got of bench.open) bench.answer(got);
    bench.to(100);
    expect(bench.over).toBe(true);
    bench.to(1000);
    expect(bench.got).toHaveLength(2);
  });

  it('collect the answer of a stream, without the reasoning', () => {
    const bench = new LaneBench(
      ClosedLane,
      planOf({ arrivals: closed(1), workload: sessionsOf(2, 0), streaming: true, stop: { requests: 2 } }),
    );
    const chunk = (delta: object): string =>
      `data: ${JSON.stringify({ choices: [{ index: 0, delta }] })}\n\n`;
    const other = `data: ${JSON.stringify({ choices: [{ index: 1, delta: { content: 'no' } }] })}\n\n`;
    const [first] = bench.open;
    const bytes = Buffer.from(
      `${chunk({ role: 'assistant', content: null })}${chunk({ reasoning_content: 'hm' })}` +
        `${textEvent('Hel')}${other}${textEvent('lo\n"ü"')}${usageAndDone(7, 3)}`,
    );
    first!.answered = true;
    first!.observer.onHead(200, 'text/event-stream', undefined, bench.nowMs);
    for (let at = 0; at < bytes.length; at += 11)
      first!.observer.onData(bytes, at, Math.min(bytes.length, at + 11), bench.nowMs);
    first!.observer.onEnd(bench.nowMs);
    expect(answersIn(bench.got[1]!)).toEqual(['Hello\n"ü"']);
  });

  it('cut an answer over 1 MiB, between characters', () => {
    const bench = new LaneBench(
      ClosedLane,
      planOf({ arrivals: closed(1), workload: sessionsOf(2, 0), stop: { requests: 2 } }),
    );
    bench.answer(bench.open[0], completion(7, 3, `x${'😀'.repeat(600_000)}`));
    const [answer] = answersIn(bench.got[1]!);
    expect(answer).toBe(`x${'😀'.repeat(2 ** 19 - 1)}`);
  });
});

describe('sessions in an open loop', () => {
  it('begin on schedule and go on after their answers, without an intended instant', () => {
    const bench = new LaneBench(
      OpenLane,
      planOf({ arrivals: constant(10), workload: sessionsOf(2, 30), stop: { requests: 4 } }),
    );
    bench.to(20);
    bench.answer(bench.got[0]);
    bench.to(150);
    expect(bench.instants).toEqual([0, 50, 100]);
    bench.answer(bench.got[2]);
    bench.to(190);
    expect(bench.instants).toEqual([0, 50, 100, 180]);
    for (const got of bench.open) bench.answer(got);
    bench.to(200);
    expect(bench.over).toBe(true);
    const { counters, distributions } = bench.lane.recorder.outcome({ name: 't', url: 'u' }, 1000);
    expect(counters).toMatchObject({ sent: 4, completed: 4, heldBack: 0 });
    expect(distributions.lateness!.count).toBe(2);
    expect(distributions.response_time!.count).toBe(2);
    expect(distributions.e2e!.count).toBe(4);
  });

  it('go before new ones at the in-flight limit', () => {
    const bench = new LaneBench(
      OpenLane,
      planOf({ arrivals: constant(100), workload: sessionsOf(2, 5), stop: { requests: 4 }, maxInFlight: 1 }),
    );
    bench.to(8);
    bench.answer(bench.got[0]);
    // The second session takes the place at 10; the turn due at 13 and the session of 20 wait.
    bench.to(30);
    expect(bench.instants).toEqual([0, 10]);
    bench.fail(bench.got[1], 'http_5xx');
    expect(answersIn(bench.got[2]!)).toHaveLength(1);
    bench.to(40);
    bench.answer(bench.got[2]);
    expect(bench.instants).toEqual([0, 10, 30, 40]);
    expect(answersIn(bench.got[3]!)).toHaveLength(0);
    expect(bench.lane.recorder.counters.heldBack).toBe(2);
  });

  it('hold new ones back while ten times the in-flight limit are between turns', () => {
    const bench = new LaneBench(
      OpenLane,
      planOf({
        arrivals: constant(1000),
        workload: sessionsOf(2, 500),
        stop: { requests: 100 },
        maxInFlight: 1,
        graceMs: 1e6,
      }),
    );
    for (let at = 0; at <= 400; at++) {
      bench.to(at);
      for (const got of bench.open) bench.answer(got);
    }
    expect(bench.got).toHaveLength(10);
    bench.to(500);
    expect(bench.got.slice(10).map((got) => answersIn(got).length)).toEqual([1]);
    bench.answer(bench.open[0]);
    expect(answersIn(bench.got[11]!)).toHaveLength(0);
    expect(bench.lane.recorder.counters.heldBack).toBeGreaterThan(0);
  });

  it('of a single burst all end before the run does', () => {
    const bench = new LaneBench(
      OpenLane,
      planOf({
        arrivals: { kind: 'burst', requests: 3 },
        workload: sessionsOf(3, 100),
        stop: {},
      }),
    );
    expect(bench.got).toHaveLength(3);
    bench.fail(bench.got[0], 'http_5xx');
    for (let at = 0; at <= 300; at += 50) {
      bench.to(at);
      for (const got of bench.open) bench.answer(got);
    }
    expect(bench.over).toBe(true);
    expect(bench.got.map((got) => answersIn(got).length)).toEqual([0, 0, 0, 1, 1, 2, 2]);
  });

  it('are not continued after the time for sending', () => {
    const bench = new LaneBench(
      OpenLane,
      planOf({ arrivals: constant(10), workload: sessionsOf(2, 100), stop: { durationMs: 200 } }),
    );
    bench.to(150);
    bench.answer(bench.got[0]);
    bench.answer(bench.got[1]);
    bench.to(2000);
    expect(bench.instants).toEqual([0, 100]);
    expect(bench.over).toBe(true);
    expect(bench.lane.recorder.counters).toMatchObject({ sent: 2, completed: 2 });
  });
});
