/**
 * Whole answers at once, one thread, with everything on (validation, exact tokens, usage, headers, seeded content),
 * against a bare node:http server that reads the body and answers the same bytes. Aim: at least 0.8. Beside them, as the floor,
 * a plain socket that answers the same bytes to whatever comes: what the system and the client's wake-up take.
 *
 * With one body over and over, and with a different one in every request, where ours can remember nothing. Rounds alternate, the medians
 * count. The first ratio is of requests per second of the server's own CPU, which other
 * load on the machine disturbs little; the second is of requests per second of wall time.
 */
import {
  chatBody,
  load,
  markedChatBody,
  median,
  postScript,
  startProcess,
  uniquePostScript,
} from './server-lib.mjs';

const PATH = '/v1/chat/completions';
const ROUNDS = 5;
const ours = await startProcess('server-process.mjs', 1);
const answer = await fetch(ours.url + PATH, { method: 'POST', body: chatBody() });
const text = await answer.text();
const bare = await startProcess('server-bare.mjs', text);
const socket = await startProcess('server-socket-answer.mjs', text);
const servers = [ours, bare, socket];

function measure(name, script) {
  for (const server of servers) load(server, PATH, { script });
  const rounds = Array.from({ length: ROUNDS }, () =>
    servers.map((server) => load(server, PATH, { script })),
  );
  const ratio = (key, to = 1) => median(rounds.map((round) => round[0][key] / round[to][key]));
  const rate = (i, key) => Math.round(median(rounds.map((round) => round[i][key])));
  process.stdout.write(
    `server-instant, ${name}: ${ratio('perCpuSecond').toFixed(2)} of bare node:http per CPU second ` +
      `(${rate(0, 'perCpuSecond')} against ${rate(1, 'perCpuSecond')}), ${ratio('perSecond').toFixed(2)} per wall second ` +
      `(${rate(0, 'perSecond')} against ${rate(1, 'perSecond')}); aim 0.8; ` +
      `${ratio('perCpuSecond', 2).toFixed(2)} of a plain socket per CPU second (${rate(2, 'perCpuSecond')})\n`,
  );
}

try {
  measure('one body', postScript(chatBody()));
  measure('different bodies', uniquePostScript(markedChatBody()));
} finally {
  await Promise.all(servers.map((server) => server.stop()));
}
