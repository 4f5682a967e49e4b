/** `/metrics/streaming`: the figures of now, again and again, as server-sent events. */
import type { ServerContext } from '../context.js';
import { invalid } from '../protocols/openai/errors.js';
import type { ApiRequest } from '../routing/api-request.js';
import type { EventStream } from '../routing/event-stream.js';
import type { Reply } from '../routing/reply.js';
import { liveTotals, liveValues, type LiveTotals, type LiveValues } from './json.js';

export const DEFAULT_MS = 1000;
export const SHORTEST_MS = 100;
export const LONGEST_MS = 60_000;

/**
 * Streams until the client goes. `interval` is in milliseconds (100 to 60,000; default 1000); `metrics` chooses some by
 * name, separated by commas. The first event comes at once, with rates since the start.
 *
 * @throws ApiError 400 for an interval out of range
 */
export async function streamMetrics(
  context: ServerContext,
  request: ApiRequest,
  reply: Reply,
): Promise<void> {
  const intervalMs = readInterval(request.query.get('interval'));
  const wanted = request.query.get('metrics')?.split(',');
  const events = reply.events();
  let timer: NodeJS.Timeout | undefined;
  let wake: (() => void) | undefined;
  reply.onAbort(() => {
    clearTimeout(timer);
    wake?.();
  });
  let before: LiveTotals | undefined;
  while (!events.done) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const report = await context.report();
    send(events, context.clock.wallMs(), select(liveValues(report, before), wanted));
    before = liveTotals(report);
    // oxlint-disable-next-line no-await-in-loop -- a client that lags gets fewer events, not more memory
    await events.ready();
    if (events.done) return;
    // oxlint-disable-next-line no-await-in-loop -- the pause between two
    await new Promise<void>((resolve) => {
      wake = resolve;
      timer = setTimeout(resolve, intervalMs);
    });
  }
}

function readInterval(text: string | null): number {
  const value = text === null ? DEFAULT_MS : Number(text);
  if (value >= SHORTEST_MS && value <= LONGEST_MS) return value;
  throw invalid(
    'interval',
    'invalid_value',
    `The interval must be between ${SHORTEST_MS} and ${LONGEST_MS} milliseconds.`,
  );
}

/** Names that nobody knows are null rather than left out, so that a typing error can be seen. */
export const select = (values: LiveValues, wanted: readonly string[] | undefined): LiveValues =>
  wanted ? Object.fromEntries(wanted.slice(0, 100).map((name) => [name, values[name] ?? null])) : values;

const send = (events: EventStream, timestampMs: number, metrics: LiveValues): void =>
  events.send({ timestamp: timestampMs / 1000, metrics });
