/** How long a text takes to say: each letter, each gap between words, each pause of punctuation. */

/** Lengths at speed 1. About 150 words of English a minute. */
const LETTER_S = 0.078;
const GAP_S = 0.055;
/** A sign of a script without spaces is a syllable. */
const SYLLABLE_S = 0.2;
const PAUSES_S: Readonly<Record<string, number>> = {
  ',': 0.18,
  ';': 0.22,
  ':': 0.22,
  '.': 0.34,
  '!': 0.34,
  '?': 0.34,
};
/** Silence before and after. */
export const EDGE_S = 0.1;

const SYLLABIC = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;

/** A sound, or a silence, of a spoken text. */
export interface Sound {
  /** The letter in lower case; empty for silence. */
  letter: string;
  startS: number;
  endS: number;
}

/**
 * The sounds of a text, from the first letter on.
 *
 * @param speed - how many times as fast as usual
 */
export function soundsOf(text: string, speed: number): Sound[] {
  const sounds: Sound[] = [];
  let atS = EDGE_S;
  for (const character of text.toLowerCase()) {
    const spoken = /[\p{L}\p{N}]/u.test(character);
    const lengthS = spoken
      ? SYLLABIC.test(character)
        ? SYLLABLE_S
        : LETTER_S
      : /\s/.test(character)
        ? GAP_S
        : (PAUSES_S[character] ?? 0);
    if (lengthS === 0) continue;
    const endS = atS + lengthS / speed;
    sounds.push({ letter: spoken ? character : '', startS: atS, endS });
    atS = endS;
  }
  return sounds;
}

/** How long a text takes, silence at both ends included. */
export const spokenS = (text: string, speed: number): number =>
  (soundsOf(text, speed).at(-1)?.endS ?? EDGE_S) + EDGE_S;

/** What of a text has been said after so many seconds, counted from its first sound. */
export function saidWithin(text: string, speed: number, seconds: number): string {
  let atS = 0;
  let said = '';
  for (const character of text) {
    const [sound] = soundsOf(character, speed);
    atS += sound ? sound.endS - sound.startS : 0;
    // What is added up is not exact.
    if (atS > seconds + 1e-9) break;
    said += character;
  }
  return said.trimEnd();
}

/** A word of a recording. */
export interface TimedWord {
  word: string;
  startS: number;
  endS: number;
}

/** The words of a text, spread over a recording of a given length as they would be said. */
export function timedWords(text: string, durationS: number): TimedWord[] {
  const scale = durationS / spokenS(text, 1);
  let atS = EDGE_S;
  return (text.match(/\S+/g) ?? []).map((word) => {
    const sounds = soundsOf(`${word} `, 1);
    const letters = sounds.filter(({ letter }) => letter !== '').length;
    const spoken = sounds.slice(0, Math.max(letters, 1)).at(-1)?.endS ?? EDGE_S;
    const startS = atS;
    atS += (sounds.at(-1)?.endS ?? EDGE_S) - EDGE_S;
    return {
      word,
      startS: Math.min(startS * scale, durationS),
      endS: Math.min((startS + spoken - EDGE_S) * scale, durationS),
    };
  });
}
