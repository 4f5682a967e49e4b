/** The effects of the settings of `bench` that decide what prompts say: datasets, shared beginnings, images and sound. */
import { Tokenizer } from '../../../src/lib/tokens/tokenizer.js';
import { loadVocabulary } from '../../../src/lib/tokens/vocabulary.js';
import { performAgainstTarget, target, writeLines } from './runs.js';
import type { Context, EffectRow } from './situations.js';

const section = 'bench';
const tokens = (text: string): number => new Tokenizer(loadVocabulary('o200k_base')).count(text);

/** What the prompts of so many requests say, in the order in which they came: one at a time. */
async function prompts(context: Context, requests: number, beside: object = {}): Promise<string[]> {
  await performAgainstTarget(context, {
    section,
    requests,
    beside: { concurrency: 1, threads: 1, ...beside },
  });
  return target.requests.map(({ body }) => body.messages.at(-1)!.content);
}

const distinct = (texts: readonly string[]): number => new Set(texts).size;
/** As much of a prompt as tells two of them apart. */
const beginnings = (texts: readonly string[]): number => distinct(texts.map((text) => text.slice(0, 20)));
const endings = (texts: readonly string[]): number => distinct(texts.map((text) => text.slice(-20)));

const OWN_LENGTHS = { inputTokens: undefined, outputTokens: undefined };
const withDataset = (lines: readonly object[]) => ({
  inputTokens: undefined,
  dataset: writeLines('dataset.jsonl', lines),
});
const numbered = (rows: number): object[] => Array.from({ length: rows }, (_, i) => ({ text: `row ${i}` }));

/** One row that can be read in several ways. */
const AMBIGUOUS = {
  conversations: [{ from: 'human', value: 'sharegpt' }],
  messages: [{ role: 'user', content: 'chat' }],
  turns: [{ text: 'multi-turn' }],
  text: 'single-turn',
};

function orderOf(rows: readonly string[]): string {
  if (rows.every((row, i) => row === `row ${i}`)) return 'sequential';
  return distinct(rows) === rows.length ? 'shuffled' : 'random';
}

const fileRows: EffectRow[] = [
  {
    path: 'bench.lengths',
    given: () => [
      writeLines('file.csv', ['10,3']),
      writeLines('environment.csv', ['20,4']),
      writeLines('flag.csv', ['30,5']),
    ],
    seen: [
      [550, 128],
      [10, 3],
      [20, 4],
      [30, 5],
    ],
    observe: async (context) => {
      const [prompt] = await prompts(context, 1, OWN_LENGTHS);
      return [tokens(prompt!), target.requests[0]!.body.max_tokens];
    },
  },
  {
    path: 'bench.dataset',
    given: () => [
      writeLines('file.jsonl', [{ text: 'file' }]),
      writeLines('environment.jsonl', [{ text: 'environment' }]),
      writeLines('flag.jsonl', [{ text: 'flag' }]),
    ],
    seen: ['550 tokens', 'file', 'environment', 'flag'],
    observe: async (context) => {
      const [prompt] = await prompts(context, 1, OWN_LENGTHS);
      return prompt!.length > 100 ? `${tokens(prompt!)} tokens` : prompt;
    },
  },
  {
    path: 'bench.datasetFormat',
    given: ['chat', 'multi-turn', 'single-turn'],
    seen: ['sharegpt', 'chat', 'multi-turn', 'single-turn'],
    observe: async (context) => (await prompts(context, 1, withDataset([AMBIGUOUS])))[0],
  },
  {
    path: 'bench.datasetOrder',
    given: ['shuffled', 'random', 'sequential'],
    seen: ['sequential', 'shuffled', 'random', 'sequential'],
    observe: async (context) => orderOf(await prompts(context, 12, withDataset(numbered(12)))),
  },
  {
    path: 'bench.datasetLimit',
    given: [2, '3', 4],
    seen: [6, 2, 3, 4],
    observe: async (context) => distinct(await prompts(context, 12, withDataset(numbered(6)))),
  },
];

const sharedRows: EffectRow[] = [
  {
    path: 'bench.systemTokens',
    given: [10, '20', 30],
    seen: [
      [1, 0],
      [2, 10],
      [2, 20],
      [2, 30],
    ],
    observe: async (context) => {
      await prompts(context, 1);
      const { messages } = target.requests[0]!.body;
      return [messages.length, messages[0]!.role === 'system' ? tokens(messages[0]!.content) : 0];
    },
  },
  {
    path: 'bench.prefixPool',
    given: ['1,10', '2,20', '3,30'],
    // Tokens of a prompt, and how many different beginnings there are.
    seen: [
      [10, 12],
      [20, 1],
      [30, 2],
      [40, 3],
    ],
    observe: async (context) => {
      const all = await prompts(context, 12, { inputTokens: 10 });
      return [tokens(all[0]!), beginnings(all)];
    },
  },
  {
    path: 'bench.prefixHitRatio',
    given: [0, '0.5', 1],
    seen: ['all', 'none', 'some', 'all'],
    observe: async (context) => {
      const count = beginnings(await prompts(context, 12, { prefixPool: '1,20' }));
      if (count === 1) return 'all';
      return count === 12 ? 'none' : 'some';
    },
  },
  {
    path: 'bench.cacheBust',
    given: ['start', 'end', 'start'],
    seen: [
      [1, 1],
      [4, 1],
      [1, 4],
      [4, 1],
    ],
    observe: async (context) => {
      const all = await prompts(context, 4, { inputTokens: 30, promptPool: 1 });
      return [beginnings(all), endings(all)];
    },
  },
  {
    path: 'bench.promptPool',
    given: [1, '2', 3],
    seen: [16, 1, 2, 3],
    observe: async (context) => distinct(await prompts(context, 16)),
  },
];

/** What the bodies of some requests say about who sends them, each only once. */
async function senders(context: Context, member: 'cache_salt' | 'priority'): Promise<unknown[]> {
  await prompts(context, 24);
  const all = target.requests.map(({ body }) => (body as unknown as Record<string, unknown>)[member]);
  return [...new Set(all)].sort((a, b) => String(a).localeCompare(String(b)));
}

const senderRows: EffectRow[] = [
  {
    path: 'bench.tenants',
    given: [1, '2', 3],
    seen: [[undefined], ['tenant-0'], ['tenant-0', 'tenant-1'], ['tenant-0', 'tenant-1', 'tenant-2']],
    observe: (context) => senders(context, 'cache_salt'),
  },
  {
    path: 'bench.priorities',
    given: ['5=1', '0=1,-1=1', '7=1,8=1,9=1'],
    seen: [[undefined], [5], [-1, 0], [7, 8, 9]],
    observe: (context) => senders(context, 'priority'),
  },
];

interface Part {
  type: string;
  image_url?: { url: string };
  input_audio?: { data: string };
}

/** The parts of one prompt that are of a kind. */
async function parts(context: Context, type: string, beside: object): Promise<Part[]> {
  const [content] = await prompts(context, 1, beside);
  const all: unknown = content;
  return Array.isArray(all) ? (all as Part[]).filter((part) => part.type === type) : [];
}

const pngOf = ({ image_url }: Part): Buffer => Buffer.from(image_url!.url.split(',')[1]!, 'base64');
const wavOf = ({ input_audio }: Part): Buffer => Buffer.from(input_audio!.data, 'base64');

const mediaRows: EffectRow[] = [
  {
    path: 'bench.images',
    given: [1, '2', 3],
    seen: [0, 1, 2, 3],
    observe: async (context) => (await parts(context, 'image_url', { imageSize: '8x8' })).length,
  },
  {
    path: 'bench.imageSize',
    given: ['8x8', '16x8', '8x16'],
    seen: ['512x512', '8x8', '16x8', '8x16'],
    observe: async (context) => {
      const png = pngOf((await parts(context, 'image_url', { images: 1 }))[0]!);
      // Width and height are the first members of the first chunk.
      return `${png.readUInt32BE(16)}x${png.readUInt32BE(20)}`;
    },
  },
  {
    path: 'bench.audio',
    given: [1, '2', 3],
    seen: [0, 1, 2, 3],
    observe: async (context) => (await parts(context, 'input_audio', { audioSeconds: '100ms' })).length,
  },
  {
    path: 'bench.audioSeconds',
    given: ['100ms', '200ms', '300ms'],
    seen: [5000, 100, 200, 300],
    observe: async (context) => {
      const wav = wavOf((await parts(context, 'input_audio', { audio: 1 }))[0]!);
      // Bytes per second, and bytes of samples.
      return Math.round((wav.readUInt32LE(40) / wav.readUInt32LE(28)) * 1000);
    },
  },
];

export const CONTENT_ROWS: EffectRow[] = [...fileRows, ...sharedRows, ...senderRows, ...mediaRows];
