/** The text of an answer, for those answers that a next turn repeats. Reasoning is left out, as chat clients do. */

/** Longest text that is kept, in UTF-16 code units; what comes after it is cut. */
export const MAX_ANSWER_TEXT = 1024 * 1024;

/** Collects the text of the first choice, from a whole completion or from the chunks of a stream. */
export class AnswerText {
  #text = '';

  /** What came so far; at most {@link MAX_ANSWER_TEXT} long, and never ends within a character. */
  get text(): string {
    if (this.#text.length <= MAX_ANSWER_TEXT) return this.#text;
    const cut = this.#text.slice(0, MAX_ANSWER_TEXT);
    return isHighSurrogate(cut.charCodeAt(cut.length - 1)) ? cut.slice(0, -1) : cut;
  }

  /** Adds what a completion, or one of its chunks, says. */
  add(answer: Record<string, unknown>): void {
    if (this.#text.length > MAX_ANSWER_TEXT) return;
    const { choices } = answer;
    if (!Array.isArray(choices)) return;
    for (const choice of choices as (Choice | null)[]) {
      if (!choice || (choice.index ?? 0) !== 0) continue;
      const content = (choice.delta ?? choice.message)?.content;
      if (typeof content === 'string') this.#text += content;
    }
    // One unit more than the limit tells that there was more.
    if (this.#text.length > MAX_ANSWER_TEXT) this.#text = this.#text.slice(0, MAX_ANSWER_TEXT + 1);
  }
}

interface Choice {
  index?: number;
  delta?: { content?: unknown } | null;
  message?: { content?: unknown } | null;
}

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
