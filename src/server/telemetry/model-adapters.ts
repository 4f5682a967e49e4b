/** What the server counted of the models that run on a simulated fleet: its own name, and the fine-tuned models of it. */
import { type Exposition, labelText } from '../../lib/exposition.js';
import { baseModelOf } from '../../simulator/models/fine-tuned.js';
import { shareOf } from '../../simulator/telemetry/model-cluster.js';
import type { EndpointCacheStats } from '../../simulator/telemetry/cache-summary.js';
import type { ModelTotals } from './model-meter.js';
import { mergeThreads, type ServerReport } from './report.js';

/** By the names by which requests ask for them. */
function servedBy(report: ServerReport, model: string): (readonly [name: string, totals: ModelTotals])[] {
  return [...mergeThreads(report).models].filter(([name]) => baseModelOf(name) === model);
}

/** What the caches of a model's fleet spared its answers, by endpoint as Dynamo names them. */
export function endpointCacheStats(report: ServerReport, model: string): Record<string, EndpointCacheStats> {
  const sums = new Map<string, { answers: number; hits: number; prompt: number; cached: number }>();
  for (const [, { endpoints }] of servedBy(report, model)) {
    for (const { endpoint, unary, streamed, cached, promptTokens, cachedTokens } of endpoints) {
      const before = sums.get(endpoint) ?? { answers: 0, hits: 0, prompt: 0, cached: 0 };
      sums.set(endpoint, {
        answers: before.answers + unary + streamed,
        hits: before.hits + cached,
        prompt: before.prompt + promptTokens,
        cached: before.cached + cachedTokens,
      });
    }
  }
  const rows = [...sums].map(([endpoint, { answers, hits, prompt, cached }]) => {
    const rate = shareOf(hits, answers);
    const tokens = { prompt_tokens: prompt, cached_tokens: cached };
    return [endpoint, { hits, misses: answers - hits, hit_rate: rate, ...tokens }] as const;
  });
  return Object.fromEntries(rows);
}

/**
 * vLLM's gauge of adapters, once a fine-tuned model was asked for: which of them have requests with a token, which have some without.
 * A batch may have as many adapters as sequences. Its value is the instant, by which scrapers tell the latest.
 */
export function adapterMetrics(out: Exposition, report: ServerReport): void {
  const rows = report.clusters.flatMap(({ model, cluster }) => {
    const adapters = servedBy(report, model).filter(([name]) => name !== model);
    if (adapters.length === 0) return [];
    const named = (is: (totals: ModelTotals) => boolean): string =>
      adapters
        .filter(([, totals]) => is(totals))
        .map(([name]) => name)
        .toSorted()
        .join(',');
    const labels = {
      max_lora: cluster.replicas[0]!.maxNumSeqs,
      waiting_lora_adapters: named(({ queued }) => queued > 0),
      running_lora_adapters: named(({ active, queued }) => active > queued),
      model_name: model,
    };
    return [labelText(labels)];
  });
  if (rows.length === 0) return;
  out.family('vllm:lora_requests_info', 'gauge', 'Running stats on lora requests.');
  for (const labels of rows) out.sample(labels, report.wallMs / 1000);
}
