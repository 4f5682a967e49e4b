/** autocannon at full speed: `PORT SECONDS CONNECTIONS`. Prints requests and the CPU seconds of this process. */
import autocannon from 'autocannon';

const [port, seconds, connections] = process.argv.slice(2).map(Number);
const before = process.cpuUsage();
const result = await autocannon({
  url: `http://127.0.0.1:${port}/v1/chat/completions`,
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x'.repeat(64) }] }),
  connections,
  duration: seconds,
});
const { user, system } = process.cpuUsage(before);
const requests = result.requests.total;
process.stdout.write(`${JSON.stringify({ requests, failed: result.errors, cpuSeconds: (user + system) / 1e6 })}\n`);
