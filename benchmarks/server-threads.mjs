/**
 * Two threads against one, whole answers at once. Aim: at least 1.6 on two otherwise idle cores.
 *
 * wrk runs on the same cores and takes its share of them, so wall-clock throughput of two threads is limited by what wrk
 * leaves. Work that a client costs little is asked for (answers of 1,000 tokens), and what wrk and the servers themselves used is
 * stated: two threads that got 1.5 times the CPU of one cannot answer more than 1.5 times as much, and the ratio per CPU second says
 * what threads take from each other. With one body over and over, and with a different one in every request.
 */
import { availableParallelism } from 'node:os';
import {
  chatBody,
  childCpuSeconds,
  load,
  markedChatBody,
  median,
  postScript,
  startProcess,
  uniquePostScript,
} from './server-lib.mjs';

const PATH = '/v1/chat/completions';
const ROUNDS = 5;
const limits = { max_tokens: 1000, ignore_eos: true };
const one = await startProcess('server-process.mjs', 1);
const two = await startProcess('server-process.mjs', 2);

function measure(name, script) {
  for (const server of [one, two]) load(server, PATH, { script });
  const clientBefore = childCpuSeconds();
  const rounds = Array.from({ length: ROUNDS }, () =>
    [one, two].map((server) => load(server, PATH, { script })),
  );
  const ratio = median(rounds.map(([a, b]) => b.perSecond / a.perSecond));
  const perCpu = median(rounds.map(([a, b]) => b.perCpuSecond / a.perCpuSecond));
  const rate = (i) => Math.round(median(rounds.map((round) => round[i].perSecond)));
  const cores = (i) => median(rounds.map((round) => round[i].perSecond / round[i].perCpuSecond)).toFixed(2);
  const client = (childCpuSeconds() - clientBefore) / (2 * ROUNDS);
  process.stdout.write(
    `server-threads, ${name}: 2 threads answer ${ratio.toFixed(2)} times as much as 1 on ${availableParallelism()} cores ` +
      `(${rate(1)} against ${rate(0)} requests/s; per CPU second ${perCpu.toFixed(2)}; they got ${cores(1)} against ${cores(0)} cores, wrk took ${client.toFixed(2)}); aim 1.6\n`,
  );
}

try {
  measure('one body', postScript(chatBody(limits)));
  measure('different bodies', uniquePostScript(markedChatBody(limits)));
} finally {
  await Promise.all([one.stop(), two.stop()]);
}
