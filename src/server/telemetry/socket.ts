/** `/ws/metrics`: the figures of now over a WebSocket, of which the client says what it wants to see. */
import * as z from 'zod';
import type { ServerContext } from '../context.js';
import { asciiJson } from '../json.js';
import type { ApiRequest } from '../routing/api-request.js';
import type { Reply } from '../routing/reply.js';
import { acceptWebSocket } from '../routing/websocket.js';
import { liveTotals, liveValues, type LiveTotals } from './json.js';
import { DEFAULT_MS, LONGEST_MS, select, SHORTEST_MS } from './stream.js';

/** Bytes that a client has not read beyond which it gets no further figures until it has. */
const UNREAD_BYTES = 128 * 1024;
const MOST_METRICS = 100;

const message = z.object({
  action: z.enum(['subscribe', 'unsubscribe', 'ping']),
  metrics: z.array(z.string().max(100)).max(MOST_METRICS).optional(),
  interval: z.number().min(SHORTEST_MS).max(LONGEST_MS).optional(),
});

/**
 * Sends `{"type":"metrics","timestamp","metrics"}` every second: all figures, or those of the last
 * `{"action":"subscribe","metrics":[…],"interval":500}`; `unsubscribe` pauses it, `ping` is answered with a pong.
 *
 * @throws ApiError 426 or 400 when the request is not one for a WebSocket
 */
export async function metricsSocket(
  context: ServerContext,
  request: ApiRequest,
  reply: Reply,
): Promise<void> {
  const socket = await acceptWebSocket(request, reply);
  let wanted: readonly string[] | undefined;
  let intervalMs = DEFAULT_MS;
  let paused = false;
  let before: LiveTotals | undefined;
  let timer: NodeJS.Timeout | undefined;
  const say = (value: object): void => socket.send(asciiJson(value));
  const tick = async (): Promise<void> => {
    const report = await context.report();
    if (socket.readyState !== socket.OPEN) return;
    if (!paused && socket.bufferedAmount < UNREAD_BYTES) {
      const metrics = select(liveValues(report, before), wanted);
      say({ type: 'metrics', timestamp: context.clock.wallMs() / 1000, metrics });
    }
    before = liveTotals(report);
    timer = setTimeout(turn, intervalMs);
  };
  const turn = (): void => void tick().catch(() => socket.close());
  socket.on('message', (data: Buffer) => {
    const asked = parse(data.toString('utf8'));
    if (!asked) {
      const example = '{"action":"subscribe","metrics":["requests_per_second"],"interval":1000}';
      say({ type: 'error', message: `A message is JSON such as ${example}.` });
      return;
    }
    if (asked.action === 'ping') return say({ type: 'pong' });
    paused = asked.action === 'unsubscribe';
    if (!paused) {
      wanted = asked.metrics;
      intervalMs = asked.interval ?? intervalMs;
    }
    say({ type: `${asked.action}d`, metrics: wanted ?? null, interval: intervalMs });
  });
  socket.on('close', () => clearTimeout(timer));
  turn();
}

function parse(text: string): z.output<typeof message> | undefined {
  try {
    return message.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
