import { fleetFlagOf } from '../config/fleet-checks.js';
import { flagsFor } from '../config/flags.js';
import { resolveSettings } from '../config/resolve.js';
import { startServer } from '../server/index.js';
import { FakeaiCommand } from './base/command.js';
import { paceLines } from './base/pace-lines.js';
import { EXIT } from '../lib/errors.js';
import { collectAlone, letGrow, startSmall } from '../lib/garbage.js';

export default class Server extends FakeaiCommand {
  static override readonly summary = 'Serve a simulated OpenAI-compatible API';
  static override readonly description =
    'Answers chats, responses, embeddings, images, sound and the rest of the API with seeded content of exact token lengths: at once ' +
    '(--latency instant), at the pace of --ttft and --itl, as a service was measured (--profile), or as a simulated fleet of GPUs does. ' +
    'SIGTERM or Ctrl-C lets open responses finish, then exits with 0.';
  static override readonly examples = [
    '<%= config.bin %> server',
    '<%= config.bin %> server --port 9000 --ttft 80ms --itl 10ms --model my-model',
    '<%= config.bin %> server --latency instant --threads 2',
    '<%= config.bin %> server --model llama-3.3-70b --gpu h100 --tp 4 --replicas 4 --router kv',
  ];
  static override readonly flags = flagsFor('server');

  protected readonly section = 'server';

  async run(): Promise<void> {
    const { flags } = await this.parse(Server);
    const { settings, origins } = await resolveSettings({
      section: this.section,
      flags,
      env: process.env,
      cwd: process.cwd(),
    });
    collectAlone();
    startSmall();
    const server = await startServer({ ...settings, fleetGiven: fleetFlagOf(origins) });
    letGrow();
    const { model } = server;
    process.stdout.write(
      `fakeai is listening on ${server.url} (${server.threads} ${server.threads === 1 ? 'thread' : 'threads'}, model ${model})\n` +
        `${paceLines(settings, server.simulated).join('\n')}\n\n` +
        `Try it:\n  curl -N ${server.url}/v1/chat/completions -H 'content-type: application/json' \\\n` +
        `    -d '{"model":"${model}","stream":true,"messages":[{"role":"user","content":"Hello"}]}'\n\n`,
    );
    if (server.notice) process.stderr.write(`${server.notice}\n`);
    // Rejected when its threads crash again and again.
    await Promise.race([this.#untilSignal(), server.closed]);
    process.stderr.write('Stopping: open responses may finish …\n');
    await server.close();
  }

  /** Waits for the first SIGINT or SIGTERM; a second one ends the process at once. */
  #untilSignal(): Promise<void> {
    return new Promise((resolve) => {
      let stopping = false;
      const onSignal = (): void => {
        if (stopping) process.exit(EXIT.failure);
        stopping = true;
        resolve();
      };
      process.on('SIGINT', onSignal);
      process.on('SIGTERM', onSignal);
    });
  }
}
