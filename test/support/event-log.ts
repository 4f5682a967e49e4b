/** The events that a client was sent, in order, and a way to wait for one. */
export class EventLog<E extends { type: string }> {
  readonly events: E[] = [];
  #waiting: (() => void)[] = [];

  protected add(event: E): void {
    this.events.push(event);
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Waits for the nth event of a type, or of the types that a pattern takes. */
  async until(type: string | RegExp, count = 1): Promise<E> {
    for (;;) {
      const found = this.events.filter((event) =>
        typeof type === 'string' ? event.type === type : type.test(event.type),
      );
      if (found.length >= count) return found[count - 1]!;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  get types(): string[] {
    return this.events.map(({ type }) => type);
  }
}
