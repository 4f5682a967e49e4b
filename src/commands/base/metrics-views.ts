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
import { onceOrAgain, pauseMs, untilInterrupted } from './watch.js';

/** Prints the metrics once. */
async function printMetrics(
  { url, format, dialect }: MetricsSettings,
  out: Output,
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

/** Prints them, again and again where that is asked for. */
export const showMetrics = (settings: MetricsSettings, out: Output = process.stdout): Promise<void> =>
  onceOrAgain(settings, async (signal) => {
    await printMetrics(settings, out, signal);
    if (settings.watch && settings.format === 'table') out.write('\n');
  });

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
