/** What a recording says, and when: its own text where it is known, and otherwise as many words as fit into its length. */
import { type Digest, digestOf } from '../../lib/digest.js';
import { createRandom, type Random } from '../../lib/random.js';
import { prose } from '../../lib/text/prose.js';
import { foreignWords, isForeign, languageOf } from './languages.js';
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
  /** As ISO 639-1 has it. */
  language: string;
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
  /** What it is in, as ISO 639-1 has it; found out without this. */
  language?: string | undefined;
  /** Words and phrases as they are to be spelled. */
  spellings?: readonly string[];
  /** Cut at silences instead of sentences. */
  silences?: Silences | undefined;
}

/** How voice is told from silence. */
export interface Silences {
  /** Shortest silence that is a cut. */
  leastS: number;
  /** What belongs to a segment of the silence before it. */
  paddingS: number;
  /** How much of the words around a silence is too quiet to be voice. */
  fadesS: number;
}

/** Transcribes. The same recording gives the same transcript. */
export function transcribe(recording: Recording): Transcript {
  const { durationS, spellings = [], silences } = recording;
  const known = recording.text?.trim().replaceAll(/\s+/g, ' ');
  const language = recording.language ?? (known === undefined ? 'en' : languageOf(known));
  const text = respelled(known ?? madeUp(recording, language), spellings);
  const words = timedWords(text, durationS);
  const segments = silences ? segmentsBySilence(words, silences) : segmentsBySentence(words);
  return { text, language, durationS, words, segments };
}

/**
 * Translates into English. What is English stays as it is; for anything else nobody here knows the words: each sentence
 * becomes an English one of about as many words, the same one for the same sentence.
 */
export function translate(recording: Recording): Transcript {
  const known = recording.text?.trim().replaceAll(/\s+/g, ' ');
  const foreign = known !== undefined && known !== '' && languageOf(known) !== 'en';
  const text = foreign ? inEnglish(known, recording.seed) : recording.text;
  return transcribe({ ...recording, text, language: 'en' });
}

function inEnglish(text: string, seed: number): string {
  // Marks of other scripts end sentences too.
  const sentences = text.match(/[^.!?。！？।]+[.!?。！？।]*\s*/g) ?? [text];
  return sentences
    .map((sentence) => {
      const { high, low } = digestOf([sentence.trim()]);
      const random = createRandom(seed, 'translation', high, low);
      const spoken = sentence.match(/\p{L}+/gu) ?? [];
      // Scripts without spaces: two signs are about a word.
      const count = Math.max(1, spoken.length > 2 ? spoken.length : Math.ceil(spoken.join('').length / 2));
      const english = prose(random, count + 4)
        .trim()
        .split(/\s+/)
        .slice(0, Math.min(count, 60));
      const mark = /[?？]/.test(sentence) ? '?' : /[!！]/.test(sentence) ? '!' : '.';
      return english.join(' ').replaceAll(/[,.]+/g, '') + mark;
    })
    .join(' ');
}

/** Whole words as far as they fit; at least one word of a recording of any length. */
function madeUp({ seed, digest, durationS }: Recording, language: string): string {
  const random = createRandom(seed, 'transcript', digest.high, digest.low);
  const lengthS = Math.min(durationS, MAX_PROSE_S);
  const taken: string[] = [];
  let atS = spokenS('', 1);
  for (const word of wordsOf(random, language, lengthS)) {
    atS += spokenS(taken.length === 0 ? word : ` ${word}`, 1) - spokenS('', 1);
    if (atS > lengthS && taken.length > 0) break;
    taken.push(word);
  }
  return taken.join(' ').replace(/[,.]?$/, '.');
}

function wordsOf(random: Random, language: string, lengthS: number): Iterable<string> {
  if (isForeign(language)) return foreignWords(random, language);
  return prose(random, Math.ceil(lengthS * PROSE_TOKENS_PER_SECOND) + 8)
    .trim()
    .split(/\s+/);
}

/** A text in which words and phrases are spelled as they are given, wherever they occur in whatever case. */
function respelled(text: string, spellings: readonly string[]): string {
  return spellings.reduce((result, spelling) => {
    const pattern = spelling.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
    return result.replaceAll(
      new RegExp(String.raw`(?<![\p{L}\p{N}])${pattern}(?![\p{L}\p{N}])`, 'giu'),
      () => spelling,
    );
  }, text);
}

function segmentsBySentence(words: readonly TimedWord[]): Segment[] {
  return segmentsOf(words, (before, word, first) => {
    if (/[.!?。！？]$/.test(before.word)) return true;
    return word.endS - first.startS > MAX_SEGMENT_S;
  });
}

function segmentsBySilence(words: readonly TimedWord[], { leastS, paddingS, fadesS }: Silences): Segment[] {
  // Rounding must not decide.
  const cut = segmentsOf(words, (before, word) => word.startS - before.endS + fadesS >= leastS - 1e-6);
  return cut.map((segment, i) => ({
    ...segment,
    startS: Math.max(cut[i - 1]?.endS ?? 0, segment.startS - paddingS),
  }));
}

/** @param isCut - whether a word begins another segment: given the word before it and the first one of the segment */
function segmentsOf(
  words: readonly TimedWord[],
  isCut: (before: TimedWord, word: TimedWord, first: TimedWord) => boolean,
): Segment[] {
  const groups: TimedWord[][] = [];
  for (const word of words) {
    const group = groups.at(-1);
    if (group && !isCut(group.at(-1)!, word, group[0]!)) group.push(word);
    else groups.push([word]);
  }
  return groups.map((group) => ({
    startS: group[0]!.startS,
    endS: group.at(-1)!.endS,
    text: group.map(({ word }) => word).join(' '),
    words: group,
  }));
}
