/** From settings to the kind of endpoint that a plan measures. */
import { readFile } from 'node:fs/promises';
import type { BenchSettings, ReplaySettings } from '../config/schema.js';
import { parsePath } from '../engine/dialects/json-path.js';
import { endpointOf } from '../lib/endpoint-kinds.js';
import { FakeaiError, messageOf } from '../lib/errors.js';
import { checkTemplate } from '../workloads/bodies/raw.js';
import type { EndpointOptions, Plan, RawEndpoint } from '../workloads/plan.js';

const DEFAULT_DOCUMENTS = 10;
const DEFAULT_AUDIO_MS = 5000;
const DEFAULT_IMAGE_SIZE = '512x512';

const refuse = (where: string, problem: string, hint: string): never => {
  throw new FakeaiError('FAKEAI_SETTING_INVALID', { where, problem, hint });
};

type EndpointPlan = Pick<Plan, 'endpoint' | 'endpointOptions' | 'streaming'>;

/**
 * The endpoint of a plan; reads the template of a raw one.
 *
 * @throws FakeaiError FAKEAI_SETTING_INVALID, or FAKEAI_FILE_UNREADABLE for the template
 */
export async function endpointPlan(settings: BenchSettings | ReplaySettings): Promise<EndpointPlan> {
  const { endpoint } = settings;
  const { streams, many, turns } = endpointOf(endpoint);
  if ('turns' in settings) refuseForeign(settings, turns);
  const options = {
    ...itemsOf(settings, many),
    ...(endpoint === 'rerank' && { rerankShape: settings.rerankShape }),
    ...(endpoint === 'images' && { imageSize: sizeOf(settings) }),
    ...(isHeard(endpoint) && { audioSeconds: secondsOf(settings) }),
    ...(endpoint === 'speech' && settings.speechEvents && { speechEvents: true }),
    ...(settings.extraBody !== undefined && { extra: extraOf(settings.extraBody, endpoint) }),
    ...(endpoint === 'raw' && { raw: await rawOf(settings) }),
  };
  return {
    endpoint,
    streaming: streams && settings.streaming,
    ...(Object.keys(options).length > 0 && { endpointOptions: options }),
  };
}

const isHeard = (endpoint: Plan['endpoint']): boolean =>
  endpoint === 'transcription' || endpoint === 'translation';

/** Refuses what only some endpoints can be asked. */
function refuseForeign({ endpoint, turns, images, audio }: BenchSettings, converses: boolean): void {
  if (turns !== undefined && !converses) {
    refuse(
      '--turns',
      `cannot be combined with --endpoint ${endpoint}`,
      'Only chat, responses and messages go on after an answer.',
    );
  }
  if ((images !== undefined || audio !== undefined) && endpoint !== 'chat') {
    refuse(
      images === undefined ? '--audio' : '--images',
      `cannot be combined with --endpoint ${endpoint}`,
      'They are parts of chat messages.',
    );
  }
}

function itemsOf(
  { endpoint, items }: BenchSettings | ReplaySettings,
  many: string | undefined,
): Pick<EndpointOptions, 'items'> {
  if (many === undefined) return {};
  return { items: items ?? (endpoint === 'rerank' ? DEFAULT_DOCUMENTS : 1) };
}

const sizeOf = (settings: BenchSettings | ReplaySettings): string =>
  'imageSize' in settings ? settings.imageSize : DEFAULT_IMAGE_SIZE;

const secondsOf = (settings: BenchSettings | ReplaySettings): number =>
  ('audioSeconds' in settings ? settings.audioSeconds : DEFAULT_AUDIO_MS) / 1000;

/** The members of a JSON object, without its braces. */
function extraOf(text: string, endpoint: Plan['endpoint']): string {
  if (isHeard(endpoint) || endpoint === 'raw')
    refuse(
      '--extra-body',
      `has no effect with --endpoint ${endpoint}`,
      'Its body is not written here as JSON.',
    );
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value) || Object.keys(value).length === 0)
    return refuse('--extra-body', 'is not a JSON object with members', `Write it as '{"temperature":0}'.`);
  return JSON.stringify(value).slice(1, -1);
}

async function rawOf(settings: BenchSettings | ReplaySettings): Promise<RawEndpoint> {
  const { rawBody, rawText, rawUsage, url, target } = settings;
  if (rawBody === undefined)
    return refuse('--endpoint raw', 'needs a body', 'Give a template with --raw-body FILE.');
  if (url === undefined && target.length === 0)
    refuse('--endpoint raw', 'needs somebody to ask', 'Give the whole URL with --url.');
  const template = await readFile(rawBody, 'utf8').catch((cause: unknown) => {
    throw new FakeaiError('FAKEAI_FILE_UNREADABLE', { path: rawBody, problem: messageOf(cause) }, { cause });
  });
  checkTemplate(template.trim(), `--raw-body ${rawBody}`);
  const [inputTokens, outputTokens] = (rawUsage ?? '').split(',').map((path) => path.trim());
  for (const [where, path] of [
    ['--raw-text', rawText],
    ['--raw-usage', inputTokens],
    ['--raw-usage', outputTokens],
  ] as const) {
    if (path && !parsePath(path))
      refuse(
        where,
        `"${path}" is not a path`,
        "Write it as 'choices[0].delta.content' or '$.results[*].text'.",
      );
  }
  return {
    template: template.trim(),
    ...(rawText !== undefined && { text: rawText }),
    ...(inputTokens && { inputTokens }),
    ...(outputTokens && { outputTokens }),
  };
}
