/**
 * Whether the server's memory stays flat at full load: the built CLI on two threads, whole answers and streams side by side,
 * every prompt another one. Resident memory is read all along; what it grows by per minute in the second half of the run is a
 * straight line through the readings.
 *
 * Usage: `server-flat-memory.mjs [--minutes 1] [--every SECONDS]`. Needs `dist/`, wrk and Linux.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const CONNECTIONS = 8;
const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '1' }, every: { type: 'string', default: '10' } },
});
const seconds = Number(values.minutes) * 60;
const everySeconds = Number(values.every);
const folder = mkdtempSync(join(tmpdir(), 'fakeai-bench-'));

/** A wrk script that asks something new each time. */
function script(name, extra) {
  const body = JSON.stringify({
    model: 'gpt-4o',
    messages: [
      { role: 'user', content: `Tell me about the number @, please. ${'Take your time. '.repeat(20)}` },
    ],
    max_tokens: 64,
    ...extra,
  });
  const [before, after] = body.split('@').map((part) => JSON.stringify(part));
  const path = join(folder, `${name}.lua`);
  writeFileSync(
    path,
    `local n = 0\nlocal headers = { ['content-type'] = 'application/json' }\nfunction request()\n  n = n + 1\n` +
      `  return wrk.format('POST', nil, headers, ${before} .. n .. ${after})\nend\n`,
  );
  return path;
}

async function startServer() {
  const cli = fileURLToPath(new URL('../bin/run.js', import.meta.url));
  const args = [cli, 'server', '--port', '0', '--threads', '2', '--latency', 'instant'];
  const server = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const [text] = await once(server.stdout, 'data');
  return { server, url: /http:\S+/.exec(String(text))[0] };
}

/** Loads the server for all the time; gives the number of answers. */
async function wrk(url, path) {
  const args = ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '-s', path, `${url}/v1/chat/completions`];
  const child = spawn('wrk', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (part) => (text += part));
  await once(child, 'close');
  if (/Non-2xx|Socket errors/.test(text)) throw new Error(`wrk saw errors:\n${text}`);
  return Number(/(\d+) requests in/.exec(text)[1]);
}

const residentMb = ({ pid }) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))[1]) / 1024;

/** Slope of the straight line with the least squares, per unit of x. */
function slope(points) {
  const mean = (of) => points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [mean(([at]) => at), mean(([, mb]) => mb)];
  const over = points.reduce((sum, [at, mb]) => sum + (at - x) * (mb - y), 0);
  return over / points.reduce((sum, [at]) => sum + (at - x) ** 2, 0);
}

const { server, url } = await startServer();
try {
  const idleMb = residentMb(server);
  const load = Promise.all([wrk(url, script('whole', {})), wrk(url, script('stream', { stream: true }))]);
  const readings = [];
  for (let at = everySeconds; at <= seconds; at += everySeconds) {
    await sleep(everySeconds * 1000);
    readings.push([at / 60, residentMb(server)]);
  }
  const [whole, streams] = await load;
  const half = readings.slice(Math.floor(readings.length / 2));
  const list = readings.map(([, mb]) => mb.toFixed(0)).join(' ');
  process.stdout.write(
    `server-flat-memory: ${values.minutes} min, ${whole} whole answers and ${streams} streams; ${idleMb.toFixed(0)} MB before, ` +
      `then every ${everySeconds} s ${list} MB; ${slope(half).toFixed(2)} MB per minute in the second half; aim 0\n`,
  );
} finally {
  server.kill('SIGTERM');
  await once(server, 'exit');
  rmSync(folder, { recursive: true, force: true });
}
