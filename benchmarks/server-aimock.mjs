/**
 * Against the peer @copilotkit/aimock, which answers the same text from a fixture: whole answers per second, and events of
 * streams per second, one thread each. Ours makes the text, counts tokens exactly and validates; the peer looks it up.
 * Aim: at least 5 times of each, per second of the server's CPU.
 *
 * Everything twice: with one body over and over, as load generators send it, where ours remembers what the body means; and with
 * a different prompt in every request, where nothing can be remembered. Both servers get the same bodies in turns; the spread is that
 * of the ratios of the rounds.
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
const TOKENS = 64;
const limits = { max_tokens: TOKENS, ignore_eos: true };
const whole = chatBody(limits);
const streamed = chatBody({ ...limits, stream: true });

/** Content events of one stream: the two servers may cut the same text differently, so events are counted, not assumed. */
async function eventsOf(url) {
  const answer = await fetch(url + PATH, { method: 'POST', body: streamed });
  return (await answer.text()).split('\n\n').filter((event) => event.includes('"content":"')).length;
}

const ours = await startProcess('server-process.mjs', 1);
const answer = await (await fetch(ours.url + PATH, { method: 'POST', body: whole })).json();
const { content } = answer.choices[0].message;
// The same text in about as many events as it has tokens.
const aimock = await startProcess(
  'server-aimock-process.mjs',
  content,
  Math.max(1, Math.round(content.length / TOKENS)),
);
try {
  const events = await Promise.all([ours, aimock].map(({ url }) => eventsOf(url)));
  const measure = (script, units) => {
    for (const server of [ours, aimock]) load(server, PATH, { script });
    const rounds = Array.from({ length: ROUNDS }, () =>
      [ours, aimock].map((server) => load(server, PATH, { script })),
    );
    const rate = (i) => Math.round(units[i] * median(rounds.map((round) => round[i].perCpuSecond)));
    const ratios = rounds.map(([a, b]) => (a.perCpuSecond * units[0]) / (b.perCpuSecond * units[1]));
    const [low, high] = [Math.min(...ratios), Math.max(...ratios)].map((ratio) => ratio.toFixed(1));
    return `${median(ratios).toFixed(1)} times (${low} to ${high}; ${rate(0)} against ${rate(1)})`;
  };
  const one = [1, 1];
  const differentStreams = uniquePostScript(markedChatBody({ ...limits, stream: true }));
  const streams = `events of streams of ${TOKENS} tokens`;
  const lines = [
    `whole answers, one body: ${measure(postScript(whole), one)}`,
    `whole answers, different bodies: ${measure(uniquePostScript(markedChatBody(limits)), one)}`,
    `${streams}, one body: ${measure(postScript(streamed), events)}`,
    `${streams}, different bodies: ${measure(differentStreams, events)}`,
  ];
  process.stdout.write(
    `server-aimock: per second of the server's CPU; aim 5 times each\n  ${lines.join('\n  ')}\n`,
  );
} finally {
  await Promise.all([ours.stop(), aimock.stop()]);
}
