import { EventEmitter } from 'node:events';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { renderTextReport } from '../../../src/results/text-report.js';
import { renderReport, startLiveScreen } from '../../../src/ui/live.js';
import { withSignalGuard } from '../../../src/ui/signal-guard.js';
import { canDraw, wantsColor } from '../../../src/ui/terminal.js';
import { measuring } from '../../fixtures/progress.js';
import { openPlan, runFile } from '../../fixtures/run.js';

/** A terminal that keeps what is written to it. */
class Terminal extends EventEmitter {
  readonly isTTY = true;
  readonly columns = 80;
  readonly rows = 24;
  readonly writable = true;
  text = '';
  /** Called with everything that was written so far. */
  onText: (text: string) => void = () => {};
  write(text: string, done?: () => void): boolean {
    this.text += text;
    this.onText(this.text);
    done?.();
    return true;
  }
  get stream(): NodeJS.WriteStream {
    return this as unknown as NodeJS.WriteStream;
  }
}

// Ink decides once, when it is loaded, whether it runs in CI, and draws nothing there.
const ci = ['CI', 'CONTINUOUS_INTEGRATION'];
beforeAll(() => ci.forEach((name) => vi.stubEnv(name, undefined)));
afterAll(() => {
  vi.unstubAllEnvs();
});

describe('startLiveScreen', () => {
  test('draws progress, leaves the keyboard alone, and gives the terminal back', async () => {
    const terminal = new Terminal();
    const listeners = process.listenerCount('SIGINT');
    const wasRaw = process.stdin.isRaw;
    const drawn = new Promise<void>((resolve) => {
      terminal.onText = (text) => text.includes('Measuring') && resolve();
    });
    const live = startLiveScreen({ title: 'fakeai 0.1.0', plan: openPlan, stream: terminal.stream, env: {} });
    live.update(measuring);
    await drawn;
    expect(process.stdin.isRaw).toBe(wasRaw);
    const before = terminal.text.length;
    await live.stop();
    await live.stop();
    expect(terminal.text.slice(before)).toContain('\u001B[2K');
    expect(terminal.text.endsWith('\u001B[?25h')).toBe(true);
    expect(terminal.listenerCount('resize')).toBe(0);
    expect(process.listenerCount('SIGINT')).toBe(listeners);
    const end = terminal.text;
    live.update(measuring);
    expect(terminal.text).toBe(end);
  });

  test('stopped before it could draw, it leaves nothing behind', async () => {
    const terminal = new Terminal();
    await startLiveScreen({ title: 'fakeai', plan: openPlan, stream: terminal.stream, env: {} }).stop();
    expect(terminal.listenerCount('resize')).toBe(0);
  });
});

describe('renderReport', () => {
  const run = runFile();
  test('plain text where there is no terminal', async () => {
    const terminal = new Terminal();
    await renderReport(run, Object.assign(terminal, { isTTY: false }) as unknown as NodeJS.WriteStream, {});
    expect(terminal.text).toBe(renderTextReport(run));
  });
  test('the same text on a terminal without colours', async () => {
    const terminal = new Terminal();
    await renderReport(run, terminal.stream, { NO_COLOR: '1' });
    expect(
      terminal.text
        .split('\n')
        .map((line) => line.trimEnd())
        .join('\n'),
    ).toBe(renderTextReport(run));
  });
});

/** As signal-exit does it: when it finds no listener but its own, it kills. */
const libraryOn = (source: EventEmitter, killed: () => void) => () => {
  source.on('SIGINT', () => {
    if (source.listenerCount('SIGINT') === 1) killed();
  });
};

describe('withSignalGuard', () => {
  test('a handler that was attached with once is left to end the process', () => {
    const source = new EventEmitter();
    const [killed, handled] = [vi.fn<() => void>(), vi.fn<() => void>()];
    source.once('SIGINT', handled);
    withSignalGuard(source, libraryOn(source, killed));
    source.emit('SIGINT');
    expect([handled, killed].map((f) => f.mock.calls.length)).toEqual([1, 0]);
    source.emit('SIGINT');
    expect(killed).toHaveBeenCalledOnce();
  });

  test('without any handler the signal ends the process as usual', () => {
    const source = new EventEmitter();
    const killed = vi.fn<() => void>();
    withSignalGuard(source, libraryOn(source, killed));
    source.emit('SIGINT');
    expect(killed).toHaveBeenCalledOnce();
  });

  test('released, it is gone', () => {
    const source = new EventEmitter();
    withSignalGuard(source, () => undefined).release();
    expect(source.listenerCount('SIGINT')).toBe(0);
  });
});

describe('canDraw', () => {
  const terminal = { isTTY: true, columns: 80 };
  const drawing = { json: false, tui: true, quiet: false };
  test.each([
    ['a terminal', terminal, { TERM: 'xterm' }, drawing, true],
    ['CI=false', terminal, { CI: 'false' }, drawing, true],
    ['a pipe', { columns: 80 }, {}, drawing, false],
    ['no columns', { isTTY: true, columns: 0 }, {}, drawing, false],
    ['no rows', { ...terminal, rows: 0 }, {}, drawing, false],
    ['CI', terminal, { CI: 'true' }, drawing, false],
    ['another CI variable', terminal, { CONTINUOUS_INTEGRATION: '1' }, drawing, false],
    ['a dumb terminal', terminal, { TERM: 'dumb' }, drawing, false],
    ['--json', terminal, {}, { ...drawing, json: true }, false],
    ['--no-tui', terminal, {}, { ...drawing, tui: false }, false],
    ['--quiet', terminal, {}, { ...drawing, quiet: true }, false],
  ])('%s', (_, stream, env, settings, expected) => expect(canDraw(stream, env, settings)).toBe(expected));

  test('NO_COLOR', () =>
    expect([{}, { NO_COLOR: '' }, { NO_COLOR: '1' }].map(wantsColor)).toEqual([true, true, false]));
});
