/** Synthetic workloads: lengths from distributions, prompts that share what they are told to. */
import { createRandom, randomFamily } from '../lib/random.js';
import { prose } from '../lib/text/prose.js';
import type { Content, ContentRequest, NextTurn, Said } from './content.js';
import type { ProseWriter } from './fitted-prose.js';
import { sampleLength } from './lengths.js';
import { mediaParts } from './media/parts.js';
import { piece, type Piece } from './pieces.js';
import type { LengthDistribution, PromptShape, SessionShape, Workload } from './plan.js';
import { MAX_TURNS } from './session-shape.js';
import { textCache } from './text-cache.js';

/** Tokens that make a prompt differ from all others: about 60 bits. */
const CACHE_BUST_TOKENS = 8;

/** What precedes the text that is a request's own. */
interface Beginning {
  system: string | undefined;
  /** Of the prompt, after the system message. */
  prefix: string;
}

/**
 * The contents of a synthetic workload. Each prompt is written from a stream of its own (seed, index), from its first
 * word on: two prompts of one plan do not share a beginning, so a server's prefix cache finds nothing that the workload
 * does not say. The same seed repeated against the same server sends the same prompts again, which it may have cached.
 *
 * Lengths and texts have streams of their own: changing the distribution of answers leaves all prompts as they were.
 */
export function syntheticContent(
  seed: number,
  workload: Extract<Workload, { kind: 'synthetic' }>,
  write: ProseWriter = prose,
): Content {
  const { shape } = workload;
  const length = (distribution: LengthDistribution, stream: string, index: number): number => {
    if (distribution.kind === 'fixed') return distribution.value;
    const paired = distribution.kind === 'empirical' && distribution.paired === true;
    return sampleLength(distribution, createRandom(seed, paired ? 'length-pair' : stream, index));
  };
  const inputOf = (index: number): number => length(workload.inputTokens, 'input-length', index);
  const outputOf = (index: number): number => length(workload.outputTokens, 'output-length', index);

  const session = workload.session && sessionsOf(seed, workload, workload.session, write);
  const parts = workload.media && mediaParts(seed, workload.media);

  const promptStream = randomFamily(seed, 'prompt');

  if (!shape) {
    return {
      count: Number.POSITIVE_INFINITY,
      at: (index) => {
        const inputTokens = inputOf(index);
        return {
          inputTokens,
          outputTokens: outputOf(index),
          say: () => ({
            kind: 'text',
            system: undefined,
            prompt: write(promptStream(index), inputTokens),
            parts: parts?.(index),
          }),
          pieces: () => [piece(inputTokens, seed, 'prompt', index)],
          next: session?.(index),
        };
      },
    };
  }

  const beginning = beginnings(seed, shape, write);
  const draw = shape.pool;
  return {
    count: Number.POSITIVE_INFINITY,
    at: (index): ContentRequest => {
      const source = draw === undefined ? index : createRandom(seed, 'pool', index).int(draw);
      const inputTokens = inputOf(source);
      const say = (): Said => {
        const { system, prefix } = beginning(index, source);
        const own = write(promptStream(source), inputTokens, { continuing: prefix !== '' });
        const end = shape.cacheBust === 'end' ? bust(write, seed, index, true) : '';
        return { kind: 'text', system, prompt: prefix + own + end, parts: parts?.(index) };
      };
      return {
        inputTokens: shapeTokens(shape) + inputTokens,
        outputTokens: outputOf(source),
        say,
        pieces: () => shapedPieces(seed, shape, index, { source, tokens: inputTokens }),
        next: session?.(index),
      };
    },
  };
}

const bust = (write: ProseWriter, seed: number, index: number, continuing: boolean): string =>
  write(createRandom(seed, 'cache-bust', index), CACHE_BUST_TOKENS, { continuing });

/** What a shape adds to the tokens of each prompt. */
const shapeTokens = ({ systemTokens = 0, prefixPool, cacheBust }: PromptShape): number =>
  systemTokens + (prefixPool?.tokens ?? 0) + (cacheBust ? CACHE_BUST_TOKENS : 0);

/** What {@link beginnings} and a prompt are made of, without writing them. */
function shapedPieces(
  seed: number,
  shape: PromptShape,
  index: number,
  { source, tokens }: { source: number; tokens: number },
): Piece[] {
  const { systemTokens = 0, prefixPool, cacheBust } = shape;
  const pieces: Piece[] = [];
  if (cacheBust === 'start') pieces.push(piece(CACHE_BUST_TOKENS, seed, 'cache-bust', index));
  if (systemTokens > 0) pieces.push(piece(systemTokens, seed, 'system'));
  if (prefixPool) {
    const pooled = pooledPrefix(seed, prefixPool, source);
    const [stream, id] =
      pooled === undefined ? (['own-prefix', source] as const) : (['prefix', pooled] as const);
    pieces.push(piece(prefixPool.tokens, seed, stream, id));
  }
  pieces.push(piece(tokens, seed, 'prompt', source));
  if (cacheBust === 'end') pieces.push(piece(CACHE_BUST_TOKENS, seed, 'cache-bust', index));
  return pieces;
}

/** Which text of the pool a prompt begins with; undefined for one that begins with its own. */
function pooledPrefix(
  seed: number,
  { hitRatio, prefixes }: NonNullable<PromptShape['prefixPool']>,
  source: number,
): number | undefined {
  const random = createRandom(seed, 'prefix-choice', source);
  return random.next() < hitRatio ? random.int(prefixes) : undefined;
}

/** The beginning of request `index`, whose prompt is number `source`. */
function beginnings(
  seed: number,
  shape: PromptShape,
  write: ProseWriter,
): (index: number, source: number) => Beginning {
  const { systemTokens = 0, prefixPool } = shape;
  const bustStart = shape.cacheBust === 'start';
  const system = write(createRandom(seed, 'system'), systemTokens, { continuing: bustStart });
  // The tag stands before the first text: the system message, if there is one.
  const continuing = bustStart && systemTokens === 0;
  const prefix = (stream: string, id: number): string =>
    write(createRandom(seed, stream, id), prefixPool?.tokens ?? 0, { continuing });
  const pooled = textCache((id) => prefix('prefix', id));

  const prefixOf = (source: number): string => {
    if (!prefixPool) return '';
    const choice = pooledPrefix(seed, prefixPool, source);
    return choice === undefined ? prefix('own-prefix', source) : pooled(choice);
  };

  return (index, source) => {
    const prefix = prefixOf(source);
    const tag = bustStart ? bust(write, seed, index, false) : '';
    return systemTokens > 0 ? { system: tag + system, prefix } : { system: undefined, prefix: tag + prefix };
  };
}

/** The turns after the first one; lengths, delays and texts of each are functions of (seed, session, turn). */
function sessionsOf(
  seed: number,
  { inputTokens, outputTokens }: Extract<Workload, { kind: 'synthetic' }>,
  { turns, delayMs }: SessionShape,
  write: ProseWriter,
): (index: number) => NextTurn | undefined {
  const draw = (distribution: LengthDistribution, stream: string, index: number, turn: number): number => {
    const paired = distribution.kind === 'empirical' && distribution.paired === true;
    return sampleLength(distribution, createRandom(seed, paired ? 'length-pair' : stream, index, turn));
  };
  const turnOf = (index: number, turn: number, count: number): NextTurn | undefined => {
    if (turn >= count) return undefined;
    const tokens = draw(inputTokens, 'input-length', index, turn);
    return {
      delayMs: delayMs.kind === 'fixed' ? delayMs.value : draw(delayMs, 'turn-delay', index, turn),
      inputTokens: tokens,
      piece: piece(tokens, seed, 'prompt', index, turn),
      outputTokens: draw(outputTokens, 'output-length', index, turn),
      messages: () =>
        `{"role":"user","content":"${write(createRandom(seed, 'prompt', index, turn), tokens)}"}`,
      next: () => turnOf(index, turn + 1, count),
    };
  };
  return (index) => turnOf(index, 1, Math.min(MAX_TURNS, draw(turns, 'turns', index, 0)));
}
