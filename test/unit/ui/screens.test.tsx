import { render } from 'ink-testing-library';
import { describe, expect, test } from 'vitest';
import { renderTextReport } from '../../../src/results/text-report.js';
import type { Progress } from '../../../src/results/progress.js';
import { advance, type LiveState } from '../../../src/ui/live-state.js';
import { LiveScreen, ReportScreen } from '../../../src/ui/screens.js';
import { measuring, targetProgress, warmingUp } from '../../fixtures/progress.js';
import { closedPlan, openPlan, runFile } from '../../fixtures/run.js';

const start: LiveState = { title: 'fakeai 0.1.0', plan: openPlan, samples: [] };
const after = (...progress: Progress[]): LiveState => progress.reduce(advance, start);
const frame = (state: LiveState, columns: number, rows: number): string[] => {
  const { lastFrame, unmount } = render(
    <LiveScreen state={state} columns={columns} rows={rows} color={false} />,
  );
  const lines = lastFrame()!.split('\n');
  unmount();
  return lines;
};
const compared = (count: number): Progress => ({
  ...measuring,
  targets: Array.from({ length: count }, (_, i) =>
    targetProgress(`target-${i}`, { ttft: 200 + 100 * i, itl: 20, e2e: 2700 }),
  ),
});

describe('LiveScreen', () => {
  test('80×24, one target', () => {
    expect(frame(after(warmingUp, measuring), 80, 24).join('\n')).toMatchInlineSnapshot(`
      "fakeai 0.1.0                                                           fakeai-1
      open loop, poisson 50.0 req/s · 10 s · 2 s warm-up

      Measuring   ██████████████████████▊░░░░░░░░░░░░░░░  60%   12.0 s     8.0 s left

      Target          offered/s   sent/s   done/s  in flight     done  failed
      simulator            50.0     51.8     54.5         18      600       2

      Latency, ms         p50      p90      p95      p99    p99.9     values
      TTFT                202      225      233      241        –      1,114
      ITL                20.2     22.5     23.3     24.1        –      1,114
      End to end        2,690    2,996    3,106    3,220        –      1,114

      TTFT                       ITL                        End to end
                ▃█▃                        ▃█▃                        ▃█▃
                ███                        ███                        ███
               █████                      █████                      █████
              ▃█████▃                    ▃█████▃                    ▃█████▃
             ▂███████▂                  ▂███████▂                  ▂███████▂
           ▁▄█████████▄▁              ▁▄█████████▄▁              ▁▄█████████▄▁
      133               316 ms   13.3             31.6 ms   1,778           4,217 ms

      So far ✔ valid                              Ctrl-C ends the run, and reports it"
    `);
  });

  test.each([
    [60, 24],
    [80, 24],
    [100, 30],
  ])('%i×%i: fits, whatever there is to show', (columns, rows) => {
    const far: Progress = {
      ...measuring,
      elapsedMs: 45_296_000,
      targets: [
        targetProgress(
          'a-target-with-a-very-long-name',
          { ttft: 900_000, itl: 0.02, e2e: 999_999 },
          { completed: 12_345_678, failed: 99_999, inFlight: 10_000 },
        ),
      ],
    };
    const states = [
      start,
      after(warmingUp),
      after(measuring),
      after(warmingUp, measuring),
      after(warmingUp, far),
      ...[2, 3, 5, 20].map((n) => after(compared(n))),
    ];
    for (const state of states) {
      const lines = frame(state, columns, rows);
      expect(lines.length).toBeLessThan(rows);
      for (const line of lines) expect(line.length, line).toBeLessThan(columns);
    }
  });

  test('before anything is known it says so', () => {
    expect(frame(start, 80, 24).at(-1)).toContain('Starting');
    expect(frame(after(warmingUp), 80, 24).join('\n')).toMatch(/Warming up .* 5% .*1\.0 s .*19\.0 s left/);
  });

  test('shows the offered rate in open loops only', () => {
    expect(frame(after(warmingUp, measuring), 80, 24).join('\n')).toMatch(/offered\/s +sent\/s/);
    expect(frame({ ...after(warmingUp, measuring), plan: closedPlan }, 80, 24).join('\n')).not.toContain(
      'offered',
    );
  });

  test('several targets: a row each, on one axis per metric', () => {
    const screen = frame(after(compared(2)), 100, 30);
    const ttft = screen.findIndex((line) => line.startsWith('TTFT, ms'));
    expect(screen[ttft + 1]).toMatch(/^target-0 +20\d .*█/);
    expect(screen[ttft + 2]).toMatch(/^target-1 +30\d .*█/);
    expect(screen[ttft + 2]!.indexOf('█')).toBeGreaterThan(screen[ttft + 1]!.indexOf('█'));
  });

  test('more targets than fit are counted', () => {
    expect(frame(after(compared(20)), 100, 50).join('\n')).toContain('and 12 more');
  });

  test('charts give way on low terminals', () => {
    const screen = frame(after(measuring), 80, 16).join('\n');
    expect(screen).toContain('End to end');
    expect(screen).not.toContain('▃█');
  });
});

test('ReportScreen shows exactly the text report', () => {
  const run = runFile();
  const { lastFrame, unmount } = render(<ReportScreen run={run} columns={80} color />);
  const lines = lastFrame()!
    .split('\n')
    .map((line) => line.trimEnd());
  unmount();
  expect(`${lines.join('\n')}\n`).toBe(renderTextReport(run, { width: 80 }));
});
