/** From the settings of `bench` to what it sends. */
import type { BenchSettings } from '../config/schema.js';
import { endpointOf } from '../lib/endpoint-kinds.js';
import { FakeaiError } from '../lib/errors.js';
import { openTokenizer, tokenizerChoice, type TokenizerChoice } from '../lib/tokens/text-tokenizer.js';
import { readDataset } from '../workloads/datasets/read-dataset.js';
import { readLength, readLengthPairs } from '../workloads/length-files.js';
import type { Dataset, Media, PromptShape, SessionShape, Workload } from '../workloads/plan.js';
import { parseTurnDelay, parseTurns } from '../workloads/session-shape.js';

/** What of the settings is about the workload. */
export type WorkloadSettings = Pick<
  BenchSettings,
  | 'lengths'
  | 'inputTokens'
  | 'outputTokens'
  | 'dataset'
  | 'datasetFormat'
  | 'datasetTurns'
  | 'datasetOrder'
  | 'datasetLimit'
  | 'systemTokens'
  | 'prefixPool'
  | 'prefixHitRatio'
  | 'cacheBust'
  | 'promptPool'
  | 'turns'
  | 'turnDelay'
  | 'images'
  | 'imageSize'
  | 'audio'
  | 'audioSeconds'
  | 'endpoint'
  | 'tokenizer'
>;

/**
 * The workload of a benchmark; reads the files that it names.
 *
 * @throws FakeaiError for what cannot be understood or read
 */
export async function benchWorkload(settings: WorkloadSettings): Promise<Workload> {
  if (settings.dataset !== undefined) return datasetWorkload(settings.dataset, settings);
  const lengths = await readLengths(settings);
  const shape = promptShape(settings);
  const media = mediaOf(settings);
  const session = sessionOf(settings);
  return {
    kind: 'synthetic',
    ...lengths,
    ...(shape && { shape }),
    ...(media && { media }),
    ...(session && { session }),
  };
}

function sessionOf({ turns, turnDelay }: WorkloadSettings): SessionShape | undefined {
  if (turns === undefined) return undefined;
  return { turns: parseTurns(turns, '--turns'), delayMs: parseTurnDelay(turnDelay, '--turn-delay') };
}

/** How long requests and answers are; reads the files that are named. */
async function readLengths({
  lengths,
  inputTokens,
  outputTokens,
}: Pick<BenchSettings, 'lengths' | 'inputTokens' | 'outputTokens'>): Promise<
  Pick<Extract<Workload, { kind: 'synthetic' }>, 'inputTokens' | 'outputTokens'>
> {
  if (lengths !== undefined) return readLengthPairs(lengths);
  return {
    inputTokens: await readLength(inputTokens, '--input-tokens'),
    outputTokens: await readLength(outputTokens, '--output-tokens'),
  };
}

/** A dataset says how long its texts are in some tokenizer, whether or not answers are counted. */
const datasetTokenizer = (tokenizer: string): TokenizerChoice =>
  tokenizer === 'auto' || tokenizer === 'none' ? { vocabulary: 'o200k_base' } : tokenizerChoice(tokenizer);

async function datasetWorkload(path: string, settings: WorkloadSettings): Promise<Workload> {
  const tokenizer = await openTokenizer(datasetTokenizer(settings.tokenizer));
  const outputTokens = await readLength(settings.outputTokens, '--output-tokens');
  const dataset = await readDataset(path, {
    format: settings.datasetFormat,
    limit: settings.datasetLimit,
    countTokens: (text) => tokenizer.count(text),
  });
  return {
    kind: 'dataset',
    dataset,
    order: settings.datasetOrder,
    outputTokens,
    sessions:
      settings.datasetTurns === 'all' && hasConversations(dataset) && endpointOf(settings.endpoint).turns,
  };
}

/** Whether any row has more than one turn. */
const hasConversations = ({ turnStart, textStart }: Dataset): boolean => textStart.length > turnStart.length;

const MAX_AUDIO_MS = 600_000;

/** Images and sound; undefined if there are none. */
function mediaOf({
  images = 0,
  imageSize,
  audio = 0,
  audioSeconds: audioMs,
}: WorkloadSettings): Media | undefined {
  if (images === 0 && audio === 0) return undefined;
  if (audioMs === 0 || audioMs > MAX_AUDIO_MS) {
    throw new FakeaiError('FAKEAI_SETTING_INVALID', {
      where: '--audio-seconds',
      problem: 'must be above 0 and at most 10m',
      hint: 'Give a duration such as 5s.',
    });
  }
  const [imageWidth = 0, imageHeight = 0] = imageSize.split('x').map(Number);
  return { images, imageWidth, imageHeight, audio, audioSeconds: audioMs / 1000 };
}

/** What prompts share; undefined if nothing. */
function promptShape(settings: WorkloadSettings): PromptShape | undefined {
  const { systemTokens, prefixPool, cacheBust, promptPool } = settings;
  const shape: PromptShape = {
    ...(systemTokens !== undefined && { systemTokens }),
    ...(prefixPool !== undefined && { prefixPool: parsePool(prefixPool, settings.prefixHitRatio) }),
    ...(cacheBust !== 'none' && { cacheBust }),
    ...(promptPool !== undefined && { pool: promptPool }),
  };
  return Object.keys(shape).length > 0 ? shape : undefined;
}

const MAX_PREFIXES = 1_000_000_000;
const MAX_PREFIX_TOKENS = 1_000_000;

function parsePool(text: string, hitRatio: number): NonNullable<PromptShape['prefixPool']> {
  const [prefixes = 0, tokens = 0] = text.split(',').map(Number);
  if (prefixes >= 1 && prefixes <= MAX_PREFIXES && tokens >= 1 && tokens <= MAX_PREFIX_TOKENS)
    return { prefixes, tokens, hitRatio };
  throw new FakeaiError('FAKEAI_SETTING_INVALID', {
    where: '--prefix-pool',
    problem: `takes 1 to ${MAX_PREFIXES} prefixes of 1 to ${MAX_PREFIX_TOKENS} tokens`,
    hint: 'Write COUNT,TOKENS, such as 10,1000.',
  });
}
