import { flagsFor } from '../config/flags.js';
import { resolveSettings } from '../config/resolve.js';
import { runBenchSettings } from '../runs/run.js';
import { RunCommand } from './base/run-command.js';

export default class Bench extends RunCommand {
  static override readonly summary = 'Benchmark LLM endpoints, or the embedded simulator when none is named';
  static override readonly description =
    'Sends chat completions in a closed loop (--concurrency) or at a rate (--rate) and reports TTFT, ITL, end-to-end latency, ' +
    'throughput and errors. Exit codes: 0 fine, 1 failure, 2 usage, 3 the run is invalid, 99 an SLO was missed, 130 interrupted.';
  static override readonly examples = [
    '<%= config.bin %> bench',
    '<%= config.bin %> bench --url http://localhost:8000 --concurrency 32 --duration 30s',
    "<%= config.bin %> bench --url https://api.example.com --api-key-env API_KEY --rate 5 --slo 'ttft.p95 < 500ms' --output json=run.json",
    '<%= config.bin %> bench --on-port 8080 -- vllm serve MODEL --port 8080',
  ];
  static override readonly flags = flagsFor('bench');

  protected readonly section = 'bench';

  async run(): Promise<void> {
    const serverCommand = this.takeServerCommand();
    const { flags } = await this.parse(Bench);
    const { settings, server } = await resolveSettings({
      section: this.section,
      flags,
      env: process.env,
      cwd: process.cwd(),
    });
    await this.perform(settings, (hooks) => runBenchSettings(settings, server, { ...hooks, serverCommand }));
  }
}
