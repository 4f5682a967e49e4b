/** The ways in which `fakeai metrics` shows what it is told. */
import { setTimeout } from 'node:timers/promises';
import type { MetricsSettings } from '../../config/schema.js';
import { FakeaiError, messageOf } from '../../lib/errors.js';
import { askText, askView } from '../../runs/ask-server.js';
import { look, type DashboardState } from '../../ui/dashboard-lines.js';
import { startDashboard } from '../../ui/live.js';
import { metricsLines } from '../../ui/server-lines.js';
import { isTerminal } from '../../ui/terminal.js';
import { printLines, widthOf, type Output } from './print-lines.js';

const SHORTEST_INTERVAL_MS = 100;

const pauseMs = ({ interval }: MetricsSettings): number => Math.max(SHORTEST_INTERVAL_MS, interval);

/** Prints the metrics once. */
export async function printMetrics(
  { url, format, dialect }: MetricsSettings,
  out: Output = process.stdout,
  signal?: AbortSignal,
): Promise<void> {
  if (format === 'table') await printLines(metricsLines(await askView(url, signal), widthOf(out)), out);
  else out.write(ended(await askText(url, pageOf(format, dialect), signal)));
}

const ended = (text: string): string => (text.endsWith('\n') ? text : `${text}\n`);

function pageOf(format: 'json' | 'prometheus' | 'csv', dialect: readonly string[]): string {
  if (format !== 'prometheus') return `/metrics/${format}`;
  return dialect.length === 0 ? '/metrics' : `/metrics?dialect=${dialect.join(',')}`;
}

/** Prints them again and again until Ctrl-C. */
export const watchMetrics = (settings: MetricsSettings): Promise<void> =>
  untilInterrupted((signal) => printRepeatedly(settings, process.stdout, signal));

/** Prints them again and again; rejected when the signal ends it. */
export async function printRepeatedly(
  settings: MetricsSettings,
  out: Output,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- one look after the other
    await printMetrics(settings, out, signal);
    if (settings.format === 'table') out.write('\n');
    // oxlint-disable-next-line no-await-in-loop -- the pause between two
    await setTimeout(pauseMs(settings), undefined, { signal });
  }
}

/** Runs until Ctrl-C, which is how it is meant to end. */
async function untilInterrupted(run: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    await run(stop.signal);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

/**
 * Shows a live screen until Ctrl-C.
 *
 * @throws FakeaiError FAKEAI_SETTING_INVALID without a terminal, FAKEAI_SERVER_UNREACHABLE when nobody answers at first
 */
export async function showDashboard(settings: MetricsSettings): Promise<void> {
  const { url } = settings;
  if (!isTerminal(process.stderr, process.env)) {
    throw new FakeaiError('FAKEAI_SETTING_INVALID', {
      where: '--dashboard',
      problem: 'needs a terminal to draw on',
      hint: 'Use --watch where there is none.',
    });
  }
  // Nobody there at the start is an error; later the screen says so and goes on asking.
  let state: DashboardState = look({ url, samples: [] }, await askView(url));
  await untilInterrupted(async (signal) => {
    const screen = startDashboard(() => state);
    try {
      for (;;) {
        // oxlint-disable-next-line no-await-in-loop -- the pause between two looks
        await setTimeout(pauseMs(settings), undefined, { signal });
        // oxlint-disable-next-line no-await-in-loop -- one look after the other
        state = await nextState(state, url, signal);
        screen.touch();
      }
    } finally {
      await screen.stop();
    }
  });
}

async function nextState(state: DashboardState, url: string, signal: AbortSignal): Promise<DashboardState> {
  try {
    return look(state, await askView(url, signal));
  } catch (error) {
    return { ...state, problem: messageOf(error) };
  }
}
