/** What the server benchmarks share: servers in processes of their own, wrk as the client, CPU time from /proc. */
import { spawn, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const TICKS_PER_SECOND = 100;
export const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Starts `benchmarks/NAME` with arguments; it prints one line of JSON when it listens. */
export async function startProcess(name, ...args) {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL(name, import.meta.url)), ...args.map(String)],
    {
      stdio: ['ipc', 'pipe', 'inherit'],
      serialization: 'advanced',
      env: { ...process.env, NODE_ENV: 'production' },
    },
  );
  const [line] = await once(child.stdout, 'data');
  return {
    ...JSON.parse(String(line)),
    pid: child.pid,
    /** CPU seconds of all its threads so far. */
    cpuSeconds: () => cpuSeconds(child.pid),
    ask: async (message) => {
      child.send(message);
      const [answer] = await once(child, 'message');
      return answer;
    },
    stop: async () => {
      if (child.exitCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

/** User and system time of a process (Linux), without its children. */
function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** User and system time of the children of this process that have ended (Linux): what wrk took. */
export function childCpuSeconds() {
  const fields = readFileSync('/proc/self/stat', 'latin1').split(') ')[1].split(' ');
  return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
}

/** A wrk script that posts a body. */
export function postScript(body) {
  const path = join(mkdtempSync(join(tmpdir(), 'fakeai-bench-')), 'post.lua');
  const quoted = body.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
  writeFileSync(
    path,
    `wrk.method='POST'\nwrk.body='${quoted}'\nwrk.headers['content-type']='application/json'\n`,
  );
  return path;
}

/** A wrk script that posts a different body each time: `MARK` in it becomes a number that is not used twice. */
export function uniquePostScript(body, mark = 'MARK') {
  const path = join(mkdtempSync(join(tmpdir(), 'fakeai-bench-')), 'post-unique.lua');
  const [before, after] = body
    .split(mark)
    .map((part) => part.replaceAll('\\', '\\\\').replaceAll("'", "\\'"));
  // A start of its own for every run: digits enough that the length stays the same.
  writeFileSync(
    path,
    `local count = os.time() * 1000000\nlocal headers = {['content-type']='application/json'}\n` +
      `request = function()\n  count = count + 1\n` +
      `  return wrk.format('POST', nil, headers, '${before}' .. string.format('%d', count) .. '${after}')\nend\n`,
  );
  return path;
}

/** Runs wrk; gives requests per second and refuses runs with errors. */
export function wrk(url, { script, connections = 32, seconds = 1 }) {
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, ...(script ? ['-s', script] : []), url];
  const text = execFileSync('wrk', args, { encoding: 'utf8' });
  if (/Non-2xx|Socket errors/.test(text)) throw new Error(`wrk saw errors:\n${text}`);
  return {
    requests: Number(/(\d+) requests in/.exec(text)[1]),
    perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)[1]),
  };
}

/** Has wrk load a server until it is killed, or for five minutes. @throws ENOENT where it is not installed */
export async function startLoad(url, script, connections = 32) {
  const child = spawn('wrk', ['-t1', `-c${connections}`, '-d5m', '-s', script, url], { stdio: 'ignore' });
  await once(child, 'spawn');
  return child;
}

/** Runs wrk against a server; requests per second of wall time and per second of the server's CPU. */
export function load(server, path, options) {
  const before = server.cpuSeconds();
  const { requests, perSecond } = wrk(`${server.url}${path}`, options);
  return { perSecond, perCpuSecond: requests / (server.cpuSeconds() - before) };
}

export const chatBody = (extra = {}) =>
  JSON.stringify({
    model: 'fakeai-1',
    messages: [
      { role: 'system', content: 'You are a helpful assistant.' },
      { role: 'user', content: 'Write a short note about load testing for me, please.' },
    ],
    max_tokens: 64,
    ...extra,
  });

/** Much the same, with `MARK` where {@link uniquePostScript} puts what makes every body different. */
export const markedChatBody = (extra = {}) =>
  chatBody({
    messages: [
      { role: 'system', content: 'You are a helpful assistant.' },
      { role: 'user', content: 'Write note MARK about load testing, please.' },
    ],
    ...extra,
  });
