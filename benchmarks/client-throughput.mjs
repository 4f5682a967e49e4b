/**
 * Requests per CPU second of the client: ours against wrk and autocannon, on the same bare target, one after the other
 * in the same run. Needs `dist/`; without wrk only autocannon is compared.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beside, runClient, startTarget } from './lib/processes.mjs';

const SECONDS = '4';
const CONNECTIONS = '50';

/** User and system seconds of all children that have ended (Linux). */
const childCpuSeconds = () => {
  const fields = readFileSync('/proc/self/stat', 'latin1').split(') ')[1].split(' ');
  return (Number(fields[13]) + Number(fields[14])) / 100;
};

function runWrk(port) {
  if (process.platform !== 'linux' || spawnSync('wrk', ['-v']).error) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'fakeai-bench-'));
  const script = join(folder, 'post.lua');
  const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x'.repeat(64) }] });
  writeFileSync(
    script,
    `wrk.method='POST'; wrk.body='${body}'; wrk.headers['content-type']='application/json'\n`,
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

const target = await startTarget(beside('./bare-target.mjs'));
try {
  const results = {
    fakeai: await runClient(beside('./throughput-fakeai.mjs'), String(target.port), SECONDS, CONNECTIONS),
    wrk: runWrk(target.port),
    autocannon: await runClient(
      beside('./throughput-autocannon.mjs'),
      String(target.port),
      SECONDS,
      CONNECTIONS,
    ),
  };
  const perCpuSecond = (name) => results[name] && results[name].requests / results[name].cpuSeconds;
  const own = perCpuSecond('fakeai');
  const parts = Object.keys(results)
    .filter((name) => results[name])
    .map((name) => `${name} ${Math.round(perCpuSecond(name) / 1000)}k`);
  const ratio = (name) => (results[name] ? (own / perCpuSecond(name)).toFixed(2) : 'not measured');
  process.stdout.write(
    `client-throughput: requests per CPU second: ${parts.join(', ')}; ` +
      `ratio to wrk ${ratio('wrk')} (target 0.45), to autocannon ${ratio('autocannon')} (target 2)\n`,
  );
} finally {
  await target.stop();
}
