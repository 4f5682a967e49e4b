/** autocannon at full speed: `PORT SECONDS CONNECTIONS BODY`; counts like `throughput-fakeai.mjs`, after two seconds. */
import autocannon from 'autocannon';

const [port, seconds, connections] = process.argv.slice(2, 5).map(Number);
const WARM_UP_SECONDS = 2;
const samples = [];
let requests = 0;
const cannon = autocannon(
  {
    url: `http://127.0.0.1:${port}/v1/chat/completions`,
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', 'user-agent': 'fakeai' },
    body: process.argv[5],
    connections,
    duration: seconds + WARM_UP_SECONDS,
  },
  (error, result) => {
    if (error) throw error;
    const [first, last] = [samples[WARM_UP_SECONDS - 1], samples.at(-1)];
    process.stdout.write(
      `${JSON.stringify({
        requests: last.requests - first.requests,
        failed: result.errors,
        cpuSeconds: last.cpuSeconds - first.cpuSeconds,
      })}\n`,
    );
  },
);
cannon.on('tick', ({ counter }) => {
  requests += counter;
  const { user, system } = process.cpuUsage();
  samples.push({ requests, cpuSeconds: (user + system) / 1e6 });
});
