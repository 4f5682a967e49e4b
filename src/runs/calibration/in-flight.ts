/** How many requests of a run were in flight, at any instant and on average over a time. */

/** A request's time in flight, in milliseconds. */
export interface Span {
  readonly atMs: number;
  readonly endMs: number;
}

/** A function of time that steps up when a request is sent and down when it ends. */
export class InFlightCurve {
  /** Instants at which it steps, ascending. */
  readonly #ms: Float64Array;
  /** From each of them on. */
  readonly #count: Float64Array;
  /** Its integral up to each of them. */
  readonly #integral: Float64Array;

  constructor(spans: readonly Span[]) {
    const starts = Float64Array.from(spans, ({ atMs }) => atMs).sort();
    const ends = Float64Array.from(spans, ({ endMs }) => endMs).sort();
    const length = starts.length + ends.length;
    this.#ms = new Float64Array(length);
    this.#count = new Float64Array(length);
    this.#integral = new Float64Array(length);
    let started = 0;
    let ended = 0;
    for (let i = 0; i < length; i++) {
      // An end comes before a start at the same instant: the place is taken over.
      const ends_ = ended < ends.length && (started === starts.length || ends[ended]! <= starts[started]!);
      this.#ms[i] = ends_ ? ends[ended++]! : starts[started++]!;
      this.#count[i] = started - ended;
      if (i > 0)
        this.#integral[i] = this.#integral[i - 1]! + this.#count[i - 1]! * (this.#ms[i]! - this.#ms[i - 1]!);
    }
  }

  /** In flight at an instant, what is sent then among them. */
  at(ms: number): number {
    const step = this.#stepAt(ms);
    return step < 0 ? 0 : this.#count[step]!;
  }

  /** The mean over a time; that at its beginning if it has no length. */
  mean(fromMs: number, toMs: number): number {
    return toMs > fromMs ? (this.#upTo(toMs) - this.#upTo(fromMs)) / (toMs - fromMs) : this.at(fromMs);
  }

  #upTo(ms: number): number {
    const step = this.#stepAt(ms);
    return step < 0 ? 0 : this.#integral[step]! + this.#count[step]! * (ms - this.#ms[step]!);
  }

  /** The last step at or before an instant; -1 before the first. */
  #stepAt(ms: number): number {
    let low = 0;
    let high = this.#ms.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#ms[middle]! <= ms) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
