/**
 * An interpreter who speaks while others do. What is said nobody here understands: as many words as the sound has time for are
 * made up from it, in the language of the speaker and, a little later, in the one that it is to be in.
 */
import { digestOfBytes } from '../../../../../lib/digest.js';
import { createRandom } from '../../../../../lib/random.js';
import { joins, wordsIn } from '../../../../../simulator/speech/languages.js';
import { spokenS } from '../../../../../simulator/speech/timeline.js';
import { loudness } from '../input-audio.js';

/** The interpreter takes sound in frames of this length. */
export const FRAME_S = 0.2;
/** Bytes of a frame: 16-bit PCM at 24 kHz. */
export const FRAME_BYTES = FRAME_S * 24_000 * 2;
/** How loud speech is at least, of 1. */
const LEAST_LOUDNESS = 0.02;
/** Silence that ends what is said, in frames. */
const PAUSE_FRAMES = 3;
/** How far the interpreter is behind. */
const LAG_S = 0.8;

/** What comes of a frame. */
export interface Interpreted {
  /** What was heard, to be put behind what was heard before. */
  source: string;
  /** What is said. */
  target: string;
}

/** Words of one speaker in one language, as there is time for them. */
class Line {
  readonly #words: Iterator<string>;
  readonly #gap: string;
  #next: string;
  #atS = 0;
  #begun: boolean;

  constructor(words: Iterator<string>, language: string, begun: boolean) {
    this.#words = words;
    this.#gap = joins(language) ? '' : ' ';
    this.#begun = begun;
    this.#next = this.#take();
  }

  #take(): string {
    return String(this.#words.next().value);
  }

  /** What fits until an instant. */
  until(seconds: number): string {
    let text = '';
    for (;;) {
      const word = (this.#begun ? this.#gap : '') + this.#next;
      const lengthS = spokenS(word, 1) - spokenS('', 1);
      if (this.#atS + lengthS > seconds) return text;
      text += word;
      this.#begun = true;
      this.#atS += lengthS;
      this.#next = this.#take();
    }
  }
}

/** See the file's head. */
export class Interpreter {
  readonly #seed: number;
  #source: Line | undefined;
  #target: Line | undefined;
  #heardS = 0;
  #silentFrames = 0;
  #spoke = false;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /**
   * Hears a frame, and says what there is to say of it.
   *
   * @param language - to speak in
   */
  hear(frame: Buffer, language: string): Interpreted {
    const samples = Int16Array.from({ length: frame.length >> 1 }, (_, i) => frame.readInt16LE(i * 2));
    const loud = loudness(samples) > LEAST_LOUDNESS;
    if (loud && !this.#source) this.#begin(frame, language);
    if (!this.#source) return { source: '', target: '' };
    this.#heardS += FRAME_S;
    this.#silentFrames = loud ? 0 : this.#silentFrames + 1;
    if (this.#silentFrames >= PAUSE_FRAMES) return this.end();
    // What is silence perhaps ends it: there are words for it when the speaker goes on.
    const spokenUntilS = this.#heardS - this.#silentFrames * FRAME_S;
    return {
      source: this.#source.until(spokenUntilS),
      target: this.#target!.until(spokenUntilS - LAG_S),
    };
  }

  #begin(frame: Buffer, language: string): void {
    const { high, low } = digestOfBytes(frame);
    const random = (what: string) => createRandom(this.#seed, 'interpreter', what, high, low);
    // The speaker is taken to speak English, or Spanish to be heard in English.
    const spoken = language === 'en' ? 'es' : 'en';
    this.#source = new Line(wordsIn(random('source'), spoken), spoken, this.#spoke);
    this.#target = new Line(wordsIn(random('target'), language), language, this.#spoke);
    this.#spoke = true;
    this.#heardS = 0;
    this.#silentFrames = 0;
  }

  /** The speaker has ended: what is still to be said. */
  end(): Interpreted {
    const spokenS = this.#heardS - this.#silentFrames * FRAME_S;
    const rest = {
      source: this.#source?.until(spokenS) ?? '',
      target: this.#target?.until(spokenS) ?? '',
    };
    this.#source = undefined;
    this.#target = undefined;
    return rest;
  }
}
