/**
 * The cheapest target that speaks enough HTTP: plain sockets, one prepared answer. Runs as a process of its own and
 * prints its port. What a client costs against it is the client's own cost.
 */
import { createServer } from 'node:net';

const answer = JSON.stringify({
  id: 'chatcmpl-0',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 16, completion_tokens: 1, total_tokens: 17 },
});
const RESPONSE = Buffer.from(
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${answer.length}\r\n\r\n${answer}`,
);

const server = createServer({ noDelay: true }, (socket) => {
  let pending = '';
  socket.on('error', () => {});
  socket.setEncoding('latin1');
  socket.on('data', (text) => {
    pending += text;
    for (;;) {
      const head = pending.indexOf('\r\n\r\n');
      if (head < 0) return;
      const at = pending.toLowerCase().indexOf('content-length:');
      const length = at >= 0 && at < head ? Number.parseInt(pending.slice(at + 15), 10) : 0;
      const total = head + 4 + length;
      if (pending.length < total) return;
      pending = pending.slice(total);
      socket.write(RESPONSE);
    }
  });
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`));
