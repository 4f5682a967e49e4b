/** Reads the metrics of servers while they are measured: on the main thread, which the load threads do not wait for. */
import { request } from 'undici';
import { runLoad, type LoadOptions } from '../engine/index.js';
import type { Clock } from '../lib/clock.js';
import { messageOf } from '../lib/errors.js';
import { parsePrometheusText } from '../lib/prometheus-text.js';
import type { RunOutcome } from '../results/outcome.js';
import { redactUrl, withoutSecretsOf } from '../results/redact.js';
import { chooser, ServerMetricsLog, type ServerMetrics } from '../results/server-metrics.js';

/** Larger pages are a failure to read. */
const MOST_BYTES = 16 * 1024 * 1024;
const LONGEST_MS = 5000;

export interface ScrapeOptions {
  urls: readonly string[];
  intervalMs: number;
  /** Names of metrics, or beginnings of names with `*`. */
  select: readonly string[];
  /** Who is measured, and with which headers: a page on the same origin is asked with them, no other is. */
  targets: readonly { url: string }[];
  headers: Readonly<Record<string, string>>;
  clock: Clock;
}

/** Runs a plan, and reads pages meanwhile: before it begins, every so often, and when it is over. */
export async function runWatched(
  load: LoadOptions,
  options: ScrapeOptions,
): Promise<{ outcome: RunOutcome; serverMetrics: ServerMetrics[] }> {
  const reader = await ServerMetricsReader.start(options);
  try {
    let startMs = options.clock.nowMs();
    const outcome = await runLoad({ ...load, onStart: (atMs) => (startMs = atMs) });
    return { outcome, serverMetrics: await reader.finish(startMs) };
  } finally {
    reader.stop();
  }
}

/** Reading that goes on until it is stopped. */
class ServerMetricsReader {
  readonly #pages: PageReader[];

  /** Reads each page for the first time, and goes on every so often. */
  static async start(options: ScrapeOptions): Promise<ServerMetricsReader> {
    const reader = new ServerMetricsReader(options);
    await Promise.all(reader.#pages.map((page) => page.read()));
    for (const page of reader.#pages) page.repeat(options.intervalMs);
    return reader;
  }

  private constructor(options: ScrapeOptions) {
    this.#pages = options.urls.map((url) => new PageReader(url, options));
  }

  /** Reads each page a last time. */
  async finish(startMs: number): Promise<ServerMetrics[]> {
    this.stop();
    await Promise.all(this.#pages.map((page) => page.read()));
    return this.#pages.map((page) => page.log.result(startMs));
  }

  /** Ends the reading, whatever became of the run. May be called again. */
  stop(): void {
    for (const page of this.#pages) page.stop();
  }
}

class PageReader {
  readonly log: ServerMetricsLog;
  readonly #url: string;
  readonly #headers: Record<string, string>;
  readonly #clock: Clock;
  readonly #wanted: (name: string) => boolean;
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> | undefined;

  constructor(url: string, { targets, headers, clock, select }: ScrapeOptions) {
    this.#url = url;
    this.log = new ServerMetricsLog(redactUrl(url));
    this.#clock = clock;
    this.#wanted = chooser(select);
    const own = targets.some((target) => new URL(target.url).origin === new URL(url).origin);
    this.#headers = {
      ...(own && headers),
      accept: 'application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4',
      'user-agent': 'fakeai',
    };
  }

  repeat(intervalMs: number): void {
    // A page that takes longer than the interval is not asked again before it has answered.
    this.#timer = setInterval(() => void (this.#reading ?? this.read()), intervalMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async read(): Promise<void> {
    await this.#reading;
    this.#reading = this.#read().finally(() => (this.#reading = undefined));
    await this.#reading;
  }

  async #read(): Promise<void> {
    try {
      const text = await fetchText(this.#url, this.#headers);
      this.log.add(parsePrometheusText(text, this.#wanted), this.#clock.nowMs());
    } catch (error) {
      this.log.failed(withoutSecretsOf(this.#url, messageOf(error)));
    }
  }
}

async function fetchText(url: string, headers: Record<string, string>): Promise<string> {
  const { username, password } = new URL(url);
  const basic = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString(
    'base64',
  );
  const { statusCode, body } = await request(url, {
    headers: username === '' ? headers : { ...headers, authorization: `Basic ${basic}` },
    signal: AbortSignal.timeout(LONGEST_MS),
    // A kept connection may be closed by its server at the very moment at which the page is asked for: a reading would be lost.
    reset: true,
  });
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new Error(`the page is larger than ${MOST_BYTES / 2 ** 20} MiB`);
    chunks.push(chunk);
  }
  if (statusCode !== 200) throw new Error(`HTTP ${statusCode}`);
  return Buffer.concat(chunks).toString('utf8');
}
