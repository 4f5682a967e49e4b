/** Every panel of the live screen at the sizes that terminals have. */
import { describe, expect, it, test } from 'vitest';
import { lineText } from '../../../src/results/lines.js';
import { judgeProgress } from '../../../src/results/live-verdict.js';
import type { Progress } from '../../../src/results/progress.js';
import { liveLines } from '../../../src/ui/live-lines.js';
import { advance, afterKey, PANELS, type LiveState } from '../../../src/ui/live-state.js';
import { inForeground } from '../../../src/ui/terminal.js';
import { measuring, targetProgress } from '../../fixtures/progress.js';
import { closedPlan, openPlan } from '../../fixtures/run.js';

const threads = Array.from({ length: 30 }, (_, i) => ({
  sent: 100 + i,
  inFlight: i,
  eventLoopDelayP99Ms: i === 7 ? 45 : 1,
  cpuShare: 0.2,
}));
const busy: Progress = {
  ...measuring,
  threads,
  targets: [
    { ...measuring.targets[0]!, errors: [{ kind: 'http_429', count: 2 }] },
    targetProgress('canary', { ttft: 240, itl: 24, e2e: 3100 }),
  ],
};
const start: LiveState = { title: 'fakeai 0.1.0', plan: openPlan, samples: [], keys: true };
const seconds = (progress: Progress): Progress[] =>
  [1000, 2000, 3000, 4000].map((elapsedMs) => ({
    ...progress,
    elapsedMs,
    targets: progress.targets.map((target) => ({ ...target, completed: elapsedMs / 20 })),
  }));
const textOf = (state: LiveState, columns = 80, rows = 24): string[] =>
  liveLines(state, { columns, rows }).map(lineText);
const shown = (progress: Progress, panel: (typeof PANELS)[number]): LiveState => ({
  ...seconds(progress).reduce(advance, start),
  panel,
});

describe.each(PANELS)('the panel %s', (panel) => {
  test.each([
    [80, 24],
    [120, 40],
    [60, 18],
    [200, 12],
    [51, 6],
  ])('fits into %d × %d, with one target and with several', (columns, rows) => {
    for (const progress of [{ ...measuring, threads }, busy]) {
      const lines = textOf(shown(progress, panel), columns, rows);
      expect(lines.length).toBeLessThan(rows);
      for (const line of lines) expect(line.length).toBeLessThan(Math.min(columns, 121));
    }
  });

  it('says which panel it is, and what the run would say of itself', () => {
    const text = textOf(shown(busy, panel)).join('\n');
    expect(text).toContain(`[${PANELS.indexOf(panel) + 1} ${panel}]`);
    expect(text).toContain('So far ▲ degraded');
  });
});

describe('panels', () => {
  it('Over time has the figures of the last second and their past', () => {
    const text = textOf(shown(measuring, 'Over time')).join('\n');
    expect(text).toMatch(/^done\/s +50\.0 +50\.0 {2}█+$/m);
    expect(text).toMatch(/^in flight +18\.0/m);
  });

  it('Threads has the worst one first, and says that there are more', () => {
    const lines = textOf(shown(busy, 'Threads'));
    expect(lines.find((line) => line.startsWith('thread'))).toMatch(/^thread 8 +107 +7 +45\.0 +20\.0/);
    expect(lines.join('\n')).toMatch(/and \d+ more/);
  });

  it('Errors has kinds with what they mean, and the reasons of the verdict', () => {
    const text = textOf(shown(busy, 'Errors')).join('\n');
    expect(text).toMatch(/http_429 +2 +simulator +HTTP 429: rate limit/);
    expect(text).toContain('blocked for 45 ms');
    expect(textOf(shown(measuring, 'Errors')).join('\n')).toContain('No request failed.');
  });
});

describe('keys', () => {
  const step = (by: 1 | -1) => (state: LiveState) => afterKey(state, { type: 'step', by });
  it('go through the panels and around', () => {
    expect(step(1)(start).panel).toBe('Latencies');
    expect(step(-1)(start).panel).toBe('Errors');
    expect(PANELS.reduce((state) => step(1)(state), start).panel).toBe('Overview');
    expect(afterKey(start, { type: 'panel', index: 3 }).panel).toBe('Threads');
    expect(afterKey(start, { type: 'panel', index: 8 }).panel).toBeUndefined();
  });

  it('explain themselves, and say that the run is ending', () => {
    const helped = afterKey(shown(measuring, 'Threads'), { type: 'help' });
    expect(textOf(helped).join('\n')).toContain('Shift-Tab');
    expect(afterKey(helped, { type: 'panel', index: 0 }).help).toBe(false);
    expect(textOf(afterKey(helped, { type: 'stop' })).join('\n')).toContain('Ending …');
    expect(textOf({ ...shown(measuring, 'Overview'), keys: false }).join('\n')).toContain(
      'Ctrl-C ends the run',
    );
  });
});

it('each load of a series has a past of its own', () => {
  const first = seconds({ ...measuring, point: '4 req/s' }).reduce(advance, start);
  expect(first.samples.length).toBeGreaterThan(2);
  const second = advance(first, { ...measuring, point: '8 req/s', elapsedMs: 100 });
  expect(second.samples).toHaveLength(1);
  expect(textOf(second)[0]).toContain('8 req/s · fakeai-1');
});

describe('judgeProgress', () => {
  const verdict = (over: Partial<Progress>, target = {}, plan = openPlan) =>
    judgeProgress(
      { ...measuring, targets: [{ ...measuring.targets[0]!, sent: 600, ...target }], ...over },
      plan,
    );
  test.each([
    ['a calm run', {}, {}, 'valid'],
    ['a blocked loop', { threads: [{ ...threads[0]!, eventLoopDelayP99Ms: 150 }] }, {}, 'invalid'],
    ['a busy thread', { threads: [{ ...threads[0]!, cpuShare: 0.95 }] }, {}, 'degraded'],
    ['many errors', {}, { completed: 80, failed: 20 }, 'degraded'],
    ['few requests', {}, { completed: 1, failed: 1 }, 'valid'],
    ['too slow a load', {}, { sent: 300 }, 'invalid'],
    ['too slow an endpoint', {}, { sent: 300, inFlight: openPlan.maxInFlight }, 'degraded'],
    ['a run that has just begun', { elapsedMs: 500 }, { sent: 3 }, 'valid'],
    ['the end of a run', { phase: 'finishing' as const }, { sent: 300 }, 'valid'],
  ])('%s', (_, over, target, state) => expect(verdict(over, target).state).toBe(state));

  it('asks closed loops for no rate', () => {
    expect(verdict({}, { sent: 1 }, closedPlan).state).toBe('valid');
  });
});

test('a process in the background leaves the keyboard to the shell', () => {
  expect(inForeground('42 (a b) c) S 1 42 42 34816 42 4194304')).toBe(true);
  expect(inForeground('42 (node) S 1 42 42 34816 99 4194304')).toBe(false);
});
