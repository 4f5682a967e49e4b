/** A load on a simulated cluster in virtual time, and what its clients saw. Same arguments, same result. */
import { createRandom } from '../../../dist/lib/random.js';
import { Cluster } from '../../../dist/simulator/cluster/cluster.js';
import { createCostModel } from '../../../dist/simulator/cluster/cost-model.js';

/** Llama-3.1-8B in bf16 on one H100 unless said otherwise. */
export const costOf = (options = {}) =>
  createCostModel({ architecture: 'llama-3.1-8b', gpu: 'h100', ...options });

/**
 * Poisson arrivals.
 *
 * @param shape - `rateRps`, `count`, `promptTokens` and `outputTokens` (mean; drawn exponentially between a quarter and
 *   four times unless `exact`), `sharedShare` of the prompt that all requests have in common, `seed`
 */
export function poisson(shape) {
  const { rateRps, count, promptTokens, outputTokens, sharedShare = 0, exact = false, seed = 1 } = shape;
  const random = createRandom(seed, 'experiment');
  const draw = (mean) =>
    exact ? mean : Math.max(1, Math.round(mean * Math.min(4, Math.max(0.25, random.exponential()))));
  let arrivalMs = 0;
  return Array.from({ length: count }, (_, id) => {
    arrivalMs += (random.exponential() * 1000) / rateRps;
    const prompt = draw(promptTokens);
    const shared = Math.floor((prompt * sharedShare) / 16);
    return {
      id,
      arrivalMs,
      promptTokens: prompt,
      outputTokens: draw(outputTokens),
      blockHashes: Array.from({ length: Math.floor(prompt / 16) }, (__, i) =>
        i < shared ? i : 1e6 * (id + 1) + i,
      ),
    };
  });
}

/** So many equal requests at once. */
export const burst = (count, promptTokens, outputTokens) =>
  Array.from({ length: count }, (_, id) => ({
    id,
    arrivalMs: 0,
    promptTokens,
    outputTokens,
    blockHashes: [],
  }));

/** The value below which a share of all lies; NaN without any. */
export function quantile(values, share) {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** The largest value; a spread into Math.max would overflow the stack. */
export const largest = (values) => values.reduce((most, value) => (value > most ? value : most), -Infinity);

export const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * Runs requests to their end.
 *
 * @param requests - in order of arrival
 * @param options - of the cluster, but for its sink
 * @param counted - which requests the figures are about; all by default
 */
export function simulate(requests, options, counted = () => true) {
  const flights = new Map(
    requests.map((request) => [request.id, { request, tokens: 0, firstMs: NaN, lastMs: NaN }]),
  );
  const gaps = [];
  let rejected = 0;
  const token = (id, count, atMs) => {
    const flight = flights.get(id);
    if (Number.isNaN(flight.firstMs)) flight.firstMs = atMs;
    else if (counted(flight.request)) gaps.push(atMs - flight.lastMs);
    flight.lastMs = atMs;
    flight.tokens += count;
  };
  const cluster = new Cluster({
    replicas: 1,
    seed: 1,
    ...options,
    sink: {
      onFirstScheduled() {},
      onTokens: token,
      onTokenRun(ids, from, to, times) {
        for (const id of ids) for (let step = from + 1; step <= to; step++) token(id, 1, times.endOf(step));
      },
      onFinish(id, _reason, _atMs, usage) {
        flights.get(id).usage = usage;
      },
      onReject() {
        rejected++;
      },
    },
  });
  for (const request of requests) cluster.submit(request, request.arrivalMs);
  cluster.advance(Infinity);
  const done = [...flights.values()].filter(({ request, usage }) => usage && counted(request));
  const ttft = done.map(({ request, firstMs }) => firstMs - request.arrivalMs);
  const e2e = done.map(({ request, lastMs }) => lastMs - request.arrivalMs);
  const endMs = Math.max(...done.map(({ lastMs }) => lastMs));
  const tokens = done.reduce((sum, flight) => sum + flight.tokens, 0);
  const snapshot = cluster.snapshot();
  return {
    ttft,
    e2e,
    gaps,
    rejected,
    snapshot,
    tokensPerSecond: (tokens * 1000) / endMs,
    /** Of one user, from the first token on. */
    tokensPerSecondPerUser: mean(
      done.filter((flight) => flight.tokens > 1).map((f) => ((f.tokens - 1) * 1000) / (f.lastMs - f.firstMs)),
    ),
    cachedShare:
      done.reduce((sum, { usage }) => sum + usage.cachedTokens, 0) /
      done.reduce((sum, { usage }) => sum + usage.promptTokens, 0),
    preemptions: snapshot.replicas.reduce((sum, replica) => sum + replica.preemptions, 0),
    replicas: snapshot.replicas,
  };
}
