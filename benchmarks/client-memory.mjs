/**
 * What a long run keeps: resident memory of the whole process while the built command sends a million requests (or as
 * many as given), at 50 connections on one load thread, against a bare target in another process: once as it is, and once
 * with a line for each request (`--output requests=`). Memory that grows with the number of requests would show as
 * the ratio between the last tenth of them and the second one; in the first, buffers and code still find their size.
 *
 * Usage: `client-memory.mjs [REQUESTS]`. Needs `dist/`, and `ps`.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuPressure } from './lib/cpu-pressure.mjs';
import { beside, startTarget } from './lib/processes.mjs';

const REQUESTS = Number(process.argv[2] ?? 1_000_000);
const MIB = 2 ** 20;
const LOOK_EVERY_MS = 250;
const CLI = beside('../../bin/run.js');

const residentMiB = (pid) =>
  Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024;

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

async function measure(port, outputs) {
  const load = `--concurrency 50 --requests ${REQUESTS} --input-tokens 16 --output-tokens 16 --no-streaming --threads 1`;
  const target = `bench --url http://127.0.0.1:${port} --model m --quiet --json`;
  const args = [CLI, ...target.split(' '), ...load.split(' '), ...outputs];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.on('data', (data) => (printed += data));
  const samples = [];
  const looking = setInterval(() => samples.push(residentMiB(child.pid)), LOOK_EVERY_MS);
  await once(child, 'exit');
  clearInterval(looking);
  const { counters } = JSON.parse(printed).targets[0];
  const tenth = Math.max(1, Math.floor(samples.length / 10));
  const ratio = mean(samples.slice(-tenth)) / mean(samples.slice(tenth, 2 * tenth));
  return { counters, most: Math.max(...samples), ratio };
}

const target = await startTarget(beside('./bare-target.mjs'));
const folder = mkdtempSync(join(tmpdir(), 'client-memory-'));
try {
  const file = join(folder, 'requests.jsonl');
  for (const { name, outputs } of [
    { name: 'figures alone', outputs: [] },
    { name: 'a line per request', outputs: ['--output', `requests=${file}`] },
  ]) {
    const pressure = cpuPressure();
    const { counters, most, ratio } = await measure(target.port, outputs);
    const written = outputs.length > 0 ? `, ${(statSync(file).size / MIB).toFixed(0)} MiB written` : '';
    process.stdout.write(
      `client-memory, ${name}: ${counters.completed} requests, ${counters.failed} failed${written}: ` +
        `at most ${most.toFixed(0)} MiB resident (target 150), last tenth : second tenth ${ratio.toFixed(2)}; ${pressure()}\n`,
    );
  }
} finally {
  rmSync(folder, { recursive: true });
  await target.stop();
}
