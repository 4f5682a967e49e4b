/** What `bench` and `replay` share: Ctrl-C, the display while the run goes on, and what is printed at its end. */
import type { RunHooks } from '../../runs/run.js';
import { exitCodeOf, failureOf } from '../../runs/exit-code.js';
import type { RunFile } from '../../results/run-file.js';
import { reportToGithub } from './github-actions.js';
import { printReport } from './print-report.js';
import { startRunDisplay } from './run-display.js';
import { EXIT } from '../../lib/errors.js';
import type { DrawSettings } from '../../ui/terminal.js';
import { FakeaiCommand } from './command.js';

export abstract class RunCommand extends FakeaiCommand {
  /** Takes the command after `--` off the arguments; to be called before they are parsed. */
  protected takeServerCommand(): string[] {
    const at = this.argv.indexOf('--');
    return at < 0 ? [] : this.argv.splice(at).slice(1);
  }

  /** Performs a run with its display, prints its result and ends the process with the run's exit code. */
  protected async perform(settings: DrawSettings, run: (hooks: RunHooks) => Promise<RunFile>): Promise<void> {
    const stop = new AbortController();
    const onSignal = (): void => {
      // The second Ctrl-C means: at once, and never mind the results.
      if (stop.signal.aborted) process.exit(EXIT.interrupted);
      stop.abort();
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
    const display = startRunDisplay(settings, onSignal);
    let result: RunFile;
    try {
      result = await run({ signal: stop.signal, onPlan: display.onPlan, onProgress: display.onProgress });
    } finally {
      await display.stop();
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    }
    await printReport(result, settings);
    await reportToGithub(result, process.env);
    const failure = failureOf(result);
    if (failure) throw failure;
    const exitCode = exitCodeOf(result);
    if (exitCode !== EXIT.ok) this.exit(exitCode);
  }
}
