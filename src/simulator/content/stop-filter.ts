/** Holds back what may be the beginning of a stop sequence, and finds where a text is cut. */

/** See the file's head. One per text. */
export class StopFilter {
  readonly #stop: readonly string[];
  readonly #showsStop: boolean;
  /** Generated, but perhaps the beginning of a stop sequence. */
  #held = '';
  #cut = false;
  #met: string | undefined;

  /**
   * @param stop - sequences at which the text is cut
   * @param showsStop - they are part of it
   */
  constructor(stop: readonly string[], showsStop = false) {
    this.#stop = stop;
    this.#showsStop = showsStop;
  }

  /** Whether a stop sequence was met. */
  get cut(): boolean {
    return this.#cut;
  }

  /** The sequence that was met. */
  get met(): string | undefined {
    return this.#met;
  }

  /**
   * @param piece - what was generated
   * @param mayCut - whether a sequence that is complete now cuts the text
   * @param last - nothing follows, so nothing need be held back
   * @returns what can be shown now
   */
  push(piece: string, mayCut: boolean, last: boolean): string {
    const text = this.#held + piece;
    let cutAt = mayCut ? firstIndexOfAny(text, this.#stop) : -1;
    if (cutAt >= 0) {
      this.#cut = true;
      this.#met = this.#stop.find((sequence) => text.startsWith(sequence, cutAt));
      if (this.#showsStop) cutAt += this.#met!.length;
    }
    const release = cutAt >= 0 ? cutAt : last ? text.length : text.length - heldLength(text, this.#stop);
    this.#held = text.slice(release);
    return text.slice(0, release);
  }
}

function firstIndexOfAny(text: string, sequences: readonly string[]): number {
  let first = -1;
  for (const sequence of sequences) {
    const at = text.indexOf(sequence);
    if (at >= 0 && (first < 0 || at < first)) first = at;
  }
  return first;
}

/** Length of the longest end of `text` that begins one of the sequences. */
function heldLength(text: string, sequences: readonly string[]): number {
  let longest = 0;
  for (const sequence of sequences) {
    for (let length = Math.min(sequence.length - 1, text.length); length > longest; length--) {
      if (text.endsWith(sequence.slice(0, length))) longest = length;
    }
  }
  return longest;
}
