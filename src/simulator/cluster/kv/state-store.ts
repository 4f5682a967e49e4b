/** Where recurrent states of sequences were kept, so that others can go on from there. */

import { KeyTable } from './key-table.js';

/**
 * A model with recurrent layers can go on behind a cached prefix only where their state was kept. vLLM keeps it at whole multiples of
 * a block, and of those only where a step ended (`mamba_cache_mode: align`): a prompt that is computed in one step leaves one state
 * behind, an answer one per block. A state goes with the unit that it follows, so that there are never more of them than cached units.
 */
export class StateStore {
  /** By the key of the last unit before the state. */
  readonly #kept = new KeyTable();

  /**
   * @param spacingTokens - where states may be kept: at its multiples
   * @param hashTokens - tokens per unit; one that does not divide the spacing makes a state count as that of the unit's start
   */
  constructor(
    readonly spacingTokens: number,
    readonly hashTokens: number,
  ) {}

  /** States kept. */
  get size(): number {
    return this.#kept.size;
  }

  /** Keeps the state after so many tokens of a chain, if it is where one may be. */
  keep(keys: Int32Array, tokens: number): void {
    if (tokens % this.spacingTokens !== 0) return;
    const unit = this.#unitsAt(tokens) - 1;
    if (unit >= 0 && 2 * unit < keys.length) this.#kept.set(keys[2 * unit]!, keys[2 * unit + 1]!, 1);
  }

  /** Keeps the states of a chain between two lengths that was computed token by token. */
  keepAll(keys: Int32Array, fromTokens: number, toTokens: number): void {
    const { spacingTokens } = this;
    const first = fromTokens - (fromTokens % spacingTokens) + spacingTokens;
    for (let tokens = first; tokens <= toTokens; tokens += spacingTokens) this.keep(keys, tokens);
  }

  /** How many of the first `units` units of a chain are followed by a kept state: the most. */
  resumable(keys: Int32Array, units: number): number {
    const { spacingTokens } = this;
    const tokens = units * this.hashTokens;
    for (let at = tokens - (tokens % spacingTokens); at > 0; at -= spacingTokens) {
      const count = this.#unitsAt(at);
      if (count > 0 && this.#kept.get(keys[2 * count - 2]!, keys[2 * count - 1]!) >= 0) return count;
    }
    return 0;
  }

  /** The most units, not more than these, after which a state may be kept. */
  aligned(units: number): number {
    const tokens = units * this.hashTokens;
    return this.#unitsAt(tokens - (tokens % this.spacingTokens));
  }

  /** Units `from … to - 1` of a chain are no longer cached. */
  forget(keys: Int32Array, from: number, to: number): void {
    if (this.#kept.size === 0) return;
    for (let unit = from; unit < to; unit++) this.#kept.delete(keys[2 * unit]!, keys[2 * unit + 1]!);
  }

  clear(): void {
    this.#kept.clear();
  }

  /**
   * Where a step over a prompt of `target` tokens ends that would compute `tokens` from `start` on: at the last multiple of the
   * spacing in the prompt, or before it at another, so that the state there can be kept. A step that reaches none ends where it would.
   */
  alignedTokens(start: number, tokens: number, target: number): number {
    const { spacingTokens } = this;
    const last = target - (target % spacingTokens);
    if (start >= last) return tokens;
    const end = Math.min(last, start + tokens);
    const down = end - (end % spacingTokens);
    return down > start ? down - start : tokens;
  }

  #unitsAt(tokens: number): number {
    return Math.floor(tokens / this.hashTokens);
  }
}
