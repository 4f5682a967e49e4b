/** Who is to be woken when: instants on the clock, earliest first. */

/** See the file's head. Whoever adds bounds it. */
export class WakeUps<Who> {
  readonly #list: { atMs: number; who: Who }[] = [];

  /** The earliest instant; Infinity for none. */
  get nextMs(): number {
    return this.#list[0]?.atMs ?? Infinity;
  }

  add(atMs: number, who: Who): void {
    const list = this.#list;
    let place = list.length;
    while (place > 0 && list[place - 1]!.atMs > atMs) place--;
    list.splice(place, 0, { atMs, who });
  }

  /** Takes out those whose instant has come; each once. */
  take(nowMs: number): ReadonlySet<Who> {
    const list = this.#list;
    let due = 0;
    while (due < list.length && list[due]!.atMs <= nowMs) due++;
    return new Set(list.splice(0, due).map(({ who }) => who));
  }
}
