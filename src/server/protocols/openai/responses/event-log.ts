/** All events of one response so far, in chunks of so many events each: the place of an event follows from its number. */

/** Events of a chunk; the last one has fewer. */
export const CHUNK_EVENTS = 64;

/** Whole events, one by one. JSON has no empty lines, so that one is the end of an event. */
export const eventsIn = (frames: string): string[] => (frames === '' ? [] : frames.split(/(?<=\n\n)/));

/** See the file's head. Events are numbered from 0, as `sequence_number` is. */
export class EventLog {
  readonly #chunks: string[][] = [];
  #count = 0;

  /** @param frames - whole events; they follow those before */
  add(frames: string): void {
    for (const event of eventsIn(frames)) {
      if (this.#count++ % CHUNK_EVENTS === 0) this.#chunks.push([]);
      this.#chunks.at(-1)!.push(event);
    }
  }

  /** How many events there are. */
  get count(): number {
    return this.#count;
  }

  /** The events that a chunk has now. */
  chunk(index: number): readonly string[] {
    return this.#chunks[index]?.slice() ?? [];
  }

  /** All events. */
  text(): string {
    return this.#chunks.map((events) => events.join('')).join('');
  }
}
