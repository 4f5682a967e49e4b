/** Walks every setting of every section through the layers: flag beats environment beats file beats default. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  flagNameOf,
  flagSettingsOf,
  SECTION_NAMES,
  settingsOf,
  type SettingDescription,
} from '../../../src/config/describe-settings.js';
import { fleetFields, liveFleetFields } from '../../../src/config/fleet-fields.js';
import { resolveSettings } from '../../../src/config/resolve.js';
import type { SectionName } from '../../../src/config/schema.js';

/** Texts of settings whose values have a shape of their own; `*` is replaced by a letter. */
const SHAPES: Record<string, string> = {
  url: 'http://*.example',
  target: '*=http://*.example',
  header: 'X-Test: *',
  output: 'json=*.json',
  serverMetrics: 'http://*.example',
  apiKeyEnv: 'KEY_*',
  inputTokens: 'normal(100,*)',
  rawUsage: '*,*',
  proxy: 'http://*.example:3128',
  webhook: 'http://*.example',
};

/** Values of the file, the environment and the flag, each different from the next weaker layer. */
function samplesOf(setting: SettingDescription): [file: string, env: string, flag: string] {
  const { kind } = setting;
  if (setting.key === 'imageSize') return ['1x1', '2x2', '3x3'];
  if (setting.key === 'shard') return ['1/4', '2/4', '3/4'];
  if (setting.key === 'prefixPool') return ['1,1', '2,2', '3,3'];
  if (setting.key === 'webrtcPorts') return ['5000-5001', '5000-5002', '5000-5003'];
  if (setting.key === 'webrtcAddress') return ['192.0.2.1', '192.0.2.2', '192.0.2.3'];
  if (kind.type === 'text') {
    const shape = SHAPES[setting.key] ?? '*';
    return [shape.replaceAll('*', 'a'), shape.replaceAll('*', 'b'), shape.replaceAll('*', 'c')];
  }
  if (kind.type === 'duration') return ['11ms', '12s', '13m'];
  if (kind.type === 'integer') return ['3', '4', '5'];
  if (kind.type === 'number') return ['0.25', '0.5', '0.75'];
  const all = kind.type === 'choice' ? kind.choices : ['true', 'false'];
  const [first, second] = all.filter((value) => value !== String(setting.default));
  const other = second ?? String(setting.default);
  return [first!, other, first!];
}

const parsed = (setting: SettingDescription, text: string): unknown =>
  setting.schema.parse(setting.list ? [text] : text);

/** What else must be there for the setting to be accepted. */
const COMPANIONS: Record<string, Record<string, string | string[]>> = {
  'bench.arrivals': { rate: '1' },
  'simulate.arrivals': { rate: '1' },
  'simulate.burstiness': { rate: '1', arrivals: 'gamma' },
  'bench.burstiness': { rate: '1', arrivals: 'gamma' },
  'bench.datasetFormat': { dataset: 'a' },
  'bench.datasetTurns': { dataset: 'a' },
  'bench.datasetOrder': { dataset: 'a' },
  'bench.datasetLimit': { dataset: 'a' },
  'bench.imageSize': { images: '1' },
  'bench.audioSeconds': { audio: '1' },
  'bench.turnDelay': { turns: '2' },
  'bench.cancelAfter': { 'cancel-share': '0.5' },
  'bench.thinkTime': { users: '1' },
  'bench.sweepPoints': { sweep: 'auto' },
  'bench.searchPrecision': { search: 'max rate where e2e.p50 < 1s' },
  'simulate.searchPrecision': { search: 'max rate where e2e.p50 < 1s' },
  'bench.prefixHitRatio': { 'prefix-pool': '1,1' },
};
COMPANIONS['simulate.priorities'] = { 'scheduling-policy': 'priority' };
COMPANIONS['simulate.sessionAffinity'] = { turns: '2' };
/** What `bench` needs beside a setting of its workload, `simulate` needs as well. */
for (const key of [
  'turnDelay',
  'cancelAfter',
  'thinkTime',
  'sweepPoints',
  'prefixHitRatio',
  'datasetFormat',
  'datasetTurns',
  'datasetOrder',
  'datasetLimit',
])
  COMPANIONS[`simulate.${key}`] = COMPANIONS[`bench.${key}`]!;
COMPANIONS['bench.readyTimeout'] = COMPANIONS['replay.readyTimeout'] = { 'on-port': '1' };
for (const section of ['bench', 'replay']) COMPANIONS[`${section}.retryBackoff`] = { retries: '1' };
for (const section of ['bench', 'replay']) {
  COMPANIONS[`${section}.items`] = { endpoint: 'embeddings' };
  COMPANIONS[`${section}.rerankShape`] = { endpoint: 'rerank' };
  COMPANIONS[`${section}.proxy`] = { url: 'http://a' };
  COMPANIONS[`${section}.speechEvents`] = { endpoint: 'speech' };
  for (const key of ['rawBody', 'rawText', 'rawUsage']) COMPANIONS[`${section}.${key}`] = { endpoint: 'raw' };
  for (const key of ['serverMetricsInterval', 'serverMetricsSelect'])
    COMPANIONS[`${section}.${key}`] = { 'server-metrics': ['http://a'] };
}
/** A server's fleet needs a model to simulate, and some of its settings need others. */
for (const key of Object.keys({ ...fleetFields, ...liveFleetFields }))
  COMPANIONS[`server.${key}`] = { model: ['a'] };
for (const section of ['server', 'simulate']) {
  const needs: Record<string, Record<string, string | string[]>> = {
    cacheTtl: { eviction: 'ttl' },
    costTable: { 'cost-model': 'table' },
    numSpeculativeTokens: { 'speculative-method': 'mtp' },
    acceptanceRate: { 'speculative-method': 'mtp' },
    kvPrefetch: { 'kv-offloading-size': '1' },
    kvOffloadingSpeed: { 'kv-offloading-size': '1' },
    kvDiskSpeed: { 'kv-disk-size': '1' },
    kvTransferSpeed: { 'prefill-replicas': '1' },
    circuitBreakerOpen: { 'circuit-breaker': '1' },
    circuitBreakerTtft: { 'circuit-breaker': '1' },
    batchingMax: { 'batching-window': '1s' },
    onCrash: { failure: ['a'] },
    routerTemperature: { router: 'kv' },
    routerObjectives: { router: 'adaptive' },
  };
  for (const [key, more] of Object.entries(needs)) {
    const path = `${section}.${key}`;
    COMPANIONS[path] = { ...COMPANIONS[path], ...more };
  }
}
const companions = (setting: SettingDescription): Record<string, string | string[]> =>
  COMPANIONS[setting.path] ?? {};

const KEYS = { KEY_a: 'a', KEY_b: 'b', KEY_c: 'c' };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fakeai-precedence-'));
});
afterAll(() => rm(folder, { recursive: true }));

const cases = SECTION_NAMES.flatMap((section) =>
  flagSettingsOf(section).map((setting) => ({ section, setting })),
);

test('the walk covers every setting', () => {
  expect(new Set(cases.map(({ setting }) => setting.path)).size).toBe(
    SECTION_NAMES.flatMap(settingsOf).length,
  );
  expect(cases.length).toBeGreaterThan(60);
});

describe.each(cases)('fakeai $section, $setting.path', ({ section, setting }) => {
  const [fileText, envText, flagText] = samplesOf(setting);

  async function resolved(layers: { file?: boolean; env?: string; nested?: string; flag?: boolean }) {
    const configPath = join(folder, `${section}-${setting.path}.json`);
    const value = setting.list
      ? [fileText]
      : setting.kind.type === 'boolean'
        ? fileText === 'true'
        : fileText;
    const content = layers.file ? { [setting.section]: { [setting.key]: value } } : {};
    await writeFile(configPath, JSON.stringify(content));
    const flagValue = setting.list
      ? [flagText]
      : setting.kind.type === 'boolean'
        ? flagText === 'true'
        : flagText;
    const result = await resolveSettings<SectionName>({
      section,
      configPath,
      flags: { ...companions(setting), ...(layers.flag ? { [flagNameOf(setting.key)]: flagValue } : {}) },
      env: {
        ...KEYS,
        ...(layers.env === undefined ? {} : { [setting.env]: layers.env }),
        ...(layers.nested === undefined ? {} : { [setting.nestedEnv]: layers.nested }),
      },
    });
    const settings = setting.section === section ? result.settings : result.server;
    return {
      value: (settings as unknown as Record<string, unknown>)[setting.key],
      layer: result.origins[setting.path]?.layer,
    };
  }

  test('default', async () => {
    expect(await resolved({})).toEqual({ value: setting.default, layer: 'default' });
  });

  test('file beats default', async () => {
    expect(parsed(setting, fileText)).not.toEqual(setting.default);
    expect(await resolved({ file: true })).toEqual({ value: parsed(setting, fileText), layer: 'file' });
  });

  test('environment beats file', async () => {
    expect(parsed(setting, envText)).not.toEqual(parsed(setting, fileText));
    const expected = { value: parsed(setting, envText), layer: 'environment' };
    expect(await resolved({ file: true, env: envText })).toEqual(expected);
    expect(await resolved({ file: true, nested: envText })).toEqual(expected);
  });

  test('nested variable beats flat one', async () => {
    expect(await resolved({ env: fileText, nested: envText })).toEqual({
      value: parsed(setting, envText),
      layer: 'environment',
    });
  });

  test('flag beats environment', async () => {
    expect(parsed(setting, flagText)).not.toEqual(parsed(setting, envText));
    expect(await resolved({ file: true, env: envText, nested: envText, flag: true })).toEqual({
      value: parsed(setting, flagText),
      layer: 'flag',
    });
  });
});
