/** Answers every connection with events of the size of a content event, one `socket.write` each: the ceiling. */
import { createServer } from 'node:net';

const events = Number(process.argv[2]);
const json =
  '{"id":"chatcmpl-0123456789012345678901234567","object":"chat.completion.chunk","created":1700000000,"model":"fakeai-1","service_tier":"default","system_fingerprint":"fp_0123456789","choices":[{"index":0,"delta":{"content":" words"},"logprobs":null,"finish_reason":null}]}';
const data = `data: ${json}\n\n`;
const frame = `${data.length.toString(16)}\r\n${data}\r\n`;
const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => {});
  socket.once('data', () => {
    let left = events;
    const go = () => {
      while (left-- > 0) if (!socket.write(frame, 'latin1')) return void socket.once('drain', go);
      socket.end();
    };
    go();
  });
});
process.on('SIGTERM', () => process.exit(0));
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` }));
});
