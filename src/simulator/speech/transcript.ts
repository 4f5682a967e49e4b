/** What a recording says, and when: its own text where it is known, and otherwise as much prose as fits into its length. */
import type { Digest } from '../../lib/digest.js';
import { createRandom } from '../../lib/random.js';
import { prose } from '../../lib/text/prose.js';
import { spokenS, timedWords, type TimedWord } from './timeline.js';

/** A part of a transcript: about a sentence. */
export interface Segment {
  startS: number;
  endS: number;
  text: string;
  words: TimedWord[];
}

export interface Transcript {
  text: string;
  durationS: number;
  words: TimedWord[];
  segments: Segment[];
}

/** Longest segment. */
const MAX_SEGMENT_S = 12;
/** Longest recording for which a text is made up. */
const MAX_PROSE_S = 4 * 60 * 60;
/** Tokens of prose that a second of speech has, generously: what is too much is cut. */
const PROSE_TOKENS_PER_SECOND = 6;

/** What is known of a recording. */
export interface Recording {
  seed: number;
  /** Names its content. */
  digest: Digest;
  durationS: number;
  /** What it says, if it carries that. */
  text: string | undefined;
}

/** Transcribes. The same recording gives the same transcript. */
export function transcribe(recording: Recording): Transcript {
  const { durationS } = recording;
  const text = recording.text?.trim().replaceAll(/\s+/g, ' ') ?? madeUp(recording);
  const words = timedWords(text, durationS);
  return { text, durationS, words, segments: segmentsOf(words) };
}

/** Whole sentences as far as they fit; at least one word of a recording of any length. */
function madeUp({ seed, digest, durationS }: Recording): string {
  const random = createRandom(seed, 'transcript', digest.high, digest.low);
  const lengthS = Math.min(durationS, MAX_PROSE_S);
  const source = prose(random, Math.ceil(lengthS * PROSE_TOKENS_PER_SECOND) + 8).trim();
  const words = source.split(/\s+/);
  let count = 1;
  let atS = spokenS(words[0]!, 1);
  while (count < words.length) {
    atS += spokenS(` ${words[count]!}`, 1) - spokenS('', 1);
    if (atS > lengthS) break;
    count++;
  }
  return words
    .slice(0, count)
    .join(' ')
    .replace(/[,.]?$/, '.');
}

function segmentsOf(words: readonly TimedWord[]): Segment[] {
  const segments: Segment[] = [];
  let current: TimedWord[] = [];
  const close = (): void => {
    if (current.length === 0) return;
    segments.push({
      startS: current[0]!.startS,
      endS: current.at(-1)!.endS,
      text: current.map(({ word }) => word).join(' '),
      words: current,
    });
    current = [];
  };
  for (const word of words) {
    if (current.length > 0 && word.endS - current[0]!.startS > MAX_SEGMENT_S) close();
    current.push(word);
    if (/[.!?]$/.test(word.word)) close();
  }
  close();
  return segments;
}
