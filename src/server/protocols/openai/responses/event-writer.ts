/** The events of one response, numbered, as they go over the wire. */
import { asciiJson } from '../../../json.js';

/** See the file's head. */
export class EventWriter {
  #number = 0;
  #pending = '';
  readonly #keeps: boolean;

  /** @param keeps - false where nobody reads them */
  constructor(keeps = true) {
    this.#keeps = keeps;
  }

  add(type: string, fields: object): void {
    const number = this.#number++;
    if (!this.#keeps) return;
    this.#pending += `event: ${type}\ndata: ${asciiJson({ type, sequence_number: number, ...fields })}\n\n`;
  }

  /** Everything since the last time. */
  take(): string {
    const text = this.#pending;
    this.#pending = '';
    return text;
  }
}
