#!/usr/bin/env node
/**
 * How near a profile that `fakeai calibrate` fits is to the service that it was fitted to: simulated fleets are measured in virtual
 * time, copied, and the copies measured with other prompts, at the loads of the fit and between them.
 *
 * Usage: node benchmarks/calibrate-agreement.mjs [--case NAME]
 *
 * Needs a build (`npx tsc -p tsconfig.build.json`). The same figures every time.
 */
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { fleetFields, liveFleetFields } from '../dist/config/fleet-fields.js';
import { digestOf } from '../dist/lib/digest.js';
import { createRandom } from '../dist/lib/random.js';
import { fitProfile } from '../dist/runs/calibration/fit.js';
import { RequestCollector } from '../dist/runs/calibration/request-lines.js';
import { Cluster } from '../dist/simulator/cluster/cluster.js';
import { Timeline } from '../dist/simulator/cluster/timeline.js';
import { fleetOptions } from '../dist/simulator/fleet/cluster-options.js';
import { ProfileEngine } from '../dist/simulator/profile/profile-engine.js';

const SHORT = { input: [100, 4000], output: [50, 250] };
const LONG = { input: [500, 30_000], output: [50, 250] };
const closed = (ms, ...loads) => loads.map((inFlight) => ({ ms, inFlight }));
const open = (ms, ...rates) => rates.map((rate) => ({ ms, rate }));
const LARGE = { model: 'llama-3.3-70b', tp: 4 };
const SMALL = { model: 'llama-3.1-8b', tp: 1, speculativeMethod: 'eagle' };

const CASES = {
  closed: [LARGE, SHORT, closed(300e3, 1, 4, 16, 64), closed(300e3, 1, 4, 8, 16, 32, 64)],
  open: [LARGE, SHORT, open(400e3, 0.5, 1, 2, 3), open(400e3, 0.5, 1.5, 2.5, 3)],
  eagle: [SMALL, SHORT, closed(120e3, 1, 4, 16, 64), closed(120e3, 1, 8, 16, 32, 64)],
  fleet: [
    { ...LARGE, replicas: 4, router: 'least-loaded' },
    SHORT,
    closed(200e3, 1, 8, 32, 128),
    closed(200e3, 1, 16, 32, 64, 128),
  ],
  long: [LARGE, LONG, closed(600e3, 1, 4, 16), closed(600e3, 1, 2, 8, 16)],
};

/** Requests as `--output requests` would have them, each with the number of its load. */
function measure(service, loads, { input, output }, seed) {
  const timeline = new Timeline();
  const records = [];
  const launch = (load, nowMs, landed) => {
    const random = createRandom(seed, 'lengths', records.length);
    const between = ([low, high]) => low + random.int(high - low + 1);
    const record = { load, outcome: 'completed', at_ms: nowMs, chunk_ms: [], end_ms: 0 };
    records.push(Object.assign(record, { input_tokens: between(input), output_tokens: between(output) }));
    service.ask(records.length - 1, record, (atMs) => {
      record.end_ms = atMs;
      if (landed) timeline.at(atMs, landed);
    });
  };
  let beginMs = 0;
  for (const [load, { ms, inFlight = 0, rate }] of loads.entries()) {
    const endMs = beginMs + ms;
    const again = (nowMs) => nowMs < endMs && launch(load, nowMs, again);
    for (let i = 0; i < inFlight; i++) timeline.at(beginMs + 7 * i, again);
    const random = createRandom(seed, 'arrivals', load);
    const gapMs = () => (-Math.log(1 - random.next()) * 1000) / rate;
    for (let atMs = beginMs + gapMs(); atMs < endMs; atMs += gapMs())
      timeline.at(atMs, (nowMs) => launch(load, nowMs));
    beginMs = endMs + 30_000;
  }
  for (;;) {
    const [own, others] = [timeline.firstMs, service.nextMs()];
    if (Math.min(own, others) === Infinity) return records;
    if (others < own) service.advance(others);
    else timeline.runFirst();
  }
}

function fleetService(settings, seed) {
  const fleet = { ...z.object({ ...fleetFields, ...liveFleetFields }).parse({}), ...settings };
  const flights = new Map();
  const cluster = new Cluster({
    ...fleetOptions(fleet, { seed }),
    sink: {
      onFirstScheduled() {},
      onTokens: (id, _count, atMs) => flights.get(id).record.chunk_ms.push(atMs),
      onFinish: (id, _reason, atMs) => flights.get(id).landed(atMs),
      onReject() {},
    },
  });
  return {
    ask(id, record, landed) {
      flights.set(id, { record, landed });
      const { at_ms: arrivalMs, input_tokens: promptTokens, output_tokens: outputTokens } = record;
      cluster.submit({ id, arrivalMs, promptTokens, outputTokens, blockHashes: [] }, arrivalMs);
    },
    nextMs: () => cluster.nextEventMs() ?? Infinity,
    advance: (toMs) => cluster.advance(toMs),
  };
}

function profileService(profile, seed) {
  const engine = new ProfileEngine({ profile, fixed: { ttftMs: 1, itlMs: 1, jitter: 0, seed } });
  const timeline = new Timeline();
  return {
    ask(
      id,
      { at_ms: nowMs, input_tokens: promptTokens, output_tokens: maxTokens, chunk_ms: chunkMs },
      landed,
    ) {
      const request = { digest: digestOf([String(id)]), choice: 0, promptTokens, maxTokens };
      const schedule = engine.submit(request, nowMs);
      let tokens = 0;
      const token = (atMs) => {
        if (chunkMs.at(-1) !== atMs) chunkMs.push(atMs);
        if (++tokens < maxTokens) timeline.at(schedule.nextMs(), token);
        else {
          schedule.release();
          landed(atMs);
        }
      };
      timeline.at(schedule.nextMs(), token);
    },
    nextMs: () => timeline.firstMs,
    advance: () => timeline.runFirst(),
  };
}

function figuresOf(records, load) {
  const own = records.filter((record) => record.load === load);
  const gaps = own.flatMap(({ chunk_ms: ms }) => ms.slice(1).map((atMs, i) => atMs - ms[i]));
  const at = (values, shares) => {
    const sorted = values.toSorted((a, b) => a - b);
    return shares.map((share) => sorted[Math.floor(share * sorted.length)]);
  };
  const [ttft50, ttft90, ttft99] = at(
    own.map(({ at_ms: atMs, chunk_ms: ms }) => ms[0] - atMs),
    [0.5, 0.9, 0.99],
  );
  const [itl50, itl90, itl99] = at(gaps, [0.5, 0.9, 0.99]);
  const [e2e50, e2e90] = at(
    own.map(({ at_ms: atMs, end_ms: endMs }) => endMs - atMs),
    [0.5, 0.9],
  );
  const itlMean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  return { ttft50, ttft90, ttft99, itlMean, itl50, itl90, itl99, e2e50, e2e90 };
}

function fit(records) {
  const collector = new RequestCollector();
  for (const record of records) collector.add(record);
  return {
    format: 'fakeai-profile-1',
    name: 'copy',
    source: 'a fleet',
    ...fitProfile(collector.observations()),
  };
}

const percent = (factor) => `${factor >= 1 ? '+' : ''}${((factor - 1) * 100).toFixed(0)} %`;
const { values } = parseArgs({ options: { case: { type: 'string' } } });
const errors = {};
for (const [name, [settings, shape, fitted, measured]] of Object.entries(CASES)) {
  if (values.case !== undefined && values.case !== name) continue;
  const profile = fit(measure(fleetService(settings, 1), fitted, shape, 1));
  const real = measure(fleetService(settings, 2), measured, shape, 2);
  const copy = measure(profileService(profile, 5), measured, shape, 2);
  console.log(
    `\n${name}: copied at ${profile.levels.map(({ inFlight }) => inFlight.toFixed(1)).join(', ')} in flight`,
  );
  for (const [load, { inFlight, rate }] of measured.entries()) {
    const [a, b] = [figuresOf(real, load), figuresOf(copy, load)];
    const cells = Object.keys(a).map((key) => {
      (errors[key] ??= []).push(Math.abs(Math.log(b[key] / a[key])));
      return `${key} ${a[key].toFixed(1)} ms ${percent(b[key] / a[key])}`;
    });
    console.log(`  ${inFlight ? `${inFlight} in flight` : `${rate}/s`}: ${cells.join(', ')}`);
  }
}
console.log('\nHow far off, median and worst:');
for (const [key, all] of Object.entries(errors)) {
  const sorted = all.sort((x, y) => x - y);
  console.log(
    `  ${key.padEnd(8)} ${percent(Math.exp(sorted[sorted.length >> 1]))} ${percent(Math.exp(sorted.at(-1)))}`,
  );
}
