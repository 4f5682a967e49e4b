/**
 * The least that a client can do to time a paced stream, as the limit that Node and the machine set: sockets that read into
 * one buffer, one stamp per read, the target's own stamp taken from the text. No HTTP, no framing, no checks.
 *
 * @returns the sorted errors of the gaps, in milliseconds
 */
import { connect } from 'node:net';
import { systemClock } from '../../dist/lib/clock.js';

const REQUEST = 'POST / HTTP/1.1\r\ncontent-length: 0\r\n\r\n';
const STAMP = '"content":"';
const END = '[DONE]';

/** One stream; a read is taken for one event, which a paced target's almost always are. */
function readStream(port, buffer, errors) {
  return new Promise((resolve, reject) => {
    let readMs = Number.NaN;
    let writtenMs = Number.NaN;
    const take = (length) => {
      const atMs = systemClock.nowMs();
      const stamp = buffer.subarray(0, length).indexOf(STAMP);
      if (stamp >= 0) {
        const start = stamp + STAMP.length;
        const sentMs = Number(buffer.latin1Slice(start, buffer.indexOf('"', start)));
        if (!Number.isNaN(readMs)) errors.push(Math.abs(atMs - readMs - (sentMs - writtenMs)));
        readMs = atMs;
        writtenMs = sentMs;
      }
      if (buffer.latin1Slice(0, length).includes(END)) {
        socket.destroy();
        resolve();
      }
      return true;
    };
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread: { buffer, callback: take } });
    socket.on('error', reject);
    socket.write(REQUEST);
  });
}

export async function bareGaps(port, streams) {
  const buffer = Buffer.allocUnsafeSlow(64 * 1024);
  const errors = [];
  await Promise.all(Array.from({ length: streams }, () => readStream(port, buffer, errors)));
  return errors.sort((a, b) => a - b);
}
