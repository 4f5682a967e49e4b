/**
 * Requests per CPU second of the client: ours against wrk and autocannon, on the same bare target, in turns; what is
 * printed are medians of the rounds, and of the ratios within each round. All three send the same headers and a body of
 * the same size: wrk and autocannon always the same one, ours a new prompt each time. Needs `dist/`; without wrk only
 * autocannon is compared.
 *
 * Usage: `client-throughput.mjs [ROUNDS]`.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLane } from '../dist/workloads/requests.js';
import { cpuPressure } from './lib/cpu-pressure.mjs';
import { smallPlan } from './lib/plans.mjs';
import { beside, runClient, startTarget } from './lib/processes.mjs';

const ROUNDS = Number(process.argv[2] ?? 3);
const SECONDS = '2';
const CONNECTIONS = '50';

/** User and system seconds of all children that have ended (Linux). */
const childCpuSeconds = () => {
  const fields = readFileSync('/proc/self/stat', 'latin1').split(') ')[1].split(' ');
  return (Number(fields[13]) + Number(fields[14])) / 100;
};

/** The first request of the plan that our engine sends. */
const bodyOf = (port) => createLane(smallPlan(port, {}), 0, { index: 0, count: 1 }).next().body;

function runWrk(port, body) {
  if (process.platform !== 'linux' || spawnSync('wrk', ['-v']).error) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'fakeai-bench-'));
  const script = join(folder, 'post.lua');
  const headers = ['content-type', 'accept'].map((name) => `wrk.headers['${name}']='application/json'`);
  writeFileSync(
    script,
    [`wrk.method='POST'`, `wrk.body='${body}'`, ...headers, `wrk.headers['user-agent']='fakeai'`].join('\n'),
  );
  const before = childCpuSeconds();
  const args = ['-t1', `-c${CONNECTIONS}`, `-d${SECONDS}s`, '-s', script];
  const { stdout } = spawnSync('wrk', [...args, `http://127.0.0.1:${port}/v1/chat/completions`], {
    encoding: 'utf8',
  });
  const cpuSeconds = childCpuSeconds() - before;
  rmSync(folder, { recursive: true });
  return { requests: Number(/(\d+) requests in/.exec(stdout)[1]), failed: 0, cpuSeconds };
}

async function round(port) {
  const body = bodyOf(port);
  const client = (script, ...more) => runClient(beside(script), String(port), SECONDS, CONNECTIONS, ...more);
  const results = {
    fakeai: await client('./throughput-fakeai.mjs'),
    wrk: runWrk(port, body),
    autocannon: await client('./throughput-autocannon.mjs', body),
  };
  return Object.fromEntries(
    Object.entries(results).map(([name, result]) => [name, result && result.requests / result.cpuSeconds]),
  );
}

const target = await startTarget(beside('./bare-target.mjs'));
try {
  const pressure = cpuPressure();
  const rounds = [];
  for (let i = 0; i < ROUNDS; i++) rounds.push(await round(target.port));
  const median = (of) => rounds.map(of).toSorted((a, b) => a - b)[ROUNDS >> 1];
  const figure = (name) =>
    rounds[0][name]
      ? `${name} ${Math.round(median((result) => result[name]) / 1000)}k`
      : `${name} not measured`;
  const ratio = (name) =>
    rounds[0][name] ? median((result) => result.fakeai / result[name]).toFixed(2) : 'not measured';
  process.stdout.write(
    `client-throughput: requests per CPU second: ${['fakeai', 'wrk', 'autocannon'].map(figure).join(', ')}; ` +
      `ratio to wrk ${ratio('wrk')} (target 0.9), to autocannon ${ratio('autocannon')} (target 3); ${pressure()}\n`,
  );
} finally {
  await target.stop();
}
