/** Datasets as columns that grow while a file is read. */
import type { Dataset } from '../plan.js';
import { Column, doubles, words } from '../traces/column.js';
import type { Refuse } from '../traces/row-parser.js';

const LIMITS = { turns: 5_000_000, bytes: 1024 * 1024 * 1024 };

/** One request of a row. */
export interface DatasetTurn {
  /** Messages, without the brackets of their list, or the members of a body, without its braces. */
  json: string;
  inputTokens: number;
  /** Of the answer that the dataset has, or asks for; 0 if it says nothing. */
  outputTokens: number;
  /** Time between the answer before and this turn, milliseconds. */
  delayMs: number;
}

/** Collects rows into a {@link Dataset}. */
export class DatasetBuilder {
  readonly #source: Dataset['source'];
  readonly #refuse: Refuse;
  readonly #limits: typeof LIMITS;
  readonly #chunks: Buffer[] = [];
  readonly #turnStart = new Column(words);
  readonly #textStart = new Column(doubles);
  readonly #inputTokens = new Column(words);
  readonly #outputTokens = new Column(words);
  readonly #delayMs = new Column(doubles);
  #bytes = 0;

  constructor(source: Dataset['source'], refuse: Refuse, limits = LIMITS) {
    this.#source = source;
    this.#refuse = refuse;
    this.#limits = limits;
  }

  get rows(): number {
    return this.#turnStart.length;
  }

  /** Adds a row of at least one turn. */
  add(line: number, turns: readonly DatasetTurn[]): void {
    const limits = this.#limits;
    this.#turnStart.push(this.#inputTokens.length);
    for (const turn of turns) {
      const text = Buffer.from(turn.json, 'utf8');
      if (this.#inputTokens.length === limits.turns)
        this.#refuse(line, undefined, `is beyond ${limits.turns} requests`);
      if (this.#bytes + text.length > limits.bytes)
        this.#refuse(line, undefined, `is beyond ${limits.bytes} bytes of requests`);
      this.#textStart.push(this.#bytes);
      this.#chunks.push(text);
      this.#bytes += text.length;
      this.#inputTokens.push(turn.inputTokens);
      this.#outputTokens.push(turn.outputTokens);
      this.#delayMs.push(turn.delayMs);
    }
  }

  /** The dataset, on shared memory. */
  finish(holds: Dataset['holds']): Dataset {
    this.#turnStart.push(this.#inputTokens.length);
    this.#textStart.push(this.#bytes);
    const text = new Uint8Array(new SharedArrayBuffer(this.#bytes));
    let at = 0;
    for (const chunk of this.#chunks) {
      text.set(chunk, at);
      at += chunk.length;
    }
    return {
      source: this.#source,
      holds,
      text,
      textStart: this.#textStart.finish(),
      turnStart: this.#turnStart.finish(),
      inputTokens: this.#inputTokens.finish(),
      outputTokens: this.#outputTokens.finish(),
      delayMs: this.#delayMs.finish(),
    };
  }
}
