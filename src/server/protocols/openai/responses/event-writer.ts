/** The events of one response, numbered, as they go over the wire. */
import { asciiJson } from '../../../json.js';
import { Padding } from '../padding.js';

/** See the file's head. */
export class EventWriter {
  #number = 0;
  #pending = '';
  /** Whether anybody reads them: otherwise they need not be made. */
  readonly isRead: boolean;

  readonly #padding: Padding | undefined;

  /**
   * @param isRead - false where nobody does
   * @param obfuscate - those that bring a piece of something are padded
   */
  constructor(isRead = true, obfuscate = false) {
    this.isRead = isRead;
    this.#padding = obfuscate ? new Padding() : undefined;
  }

  add(type: string, fields: object): void {
    if (!this.isRead) return;
    const number = this.#number++;
    const event = { type, sequence_number: number, ...fields, ...this.#beside(type, fields) };
    this.#pending += `event: ${type}\ndata: ${asciiJson(event)}\n\n`;
  }

  #beside(type: string, { delta }: { delta?: unknown }): object | undefined {
    if (!this.#padding || !type.endsWith('.delta')) return undefined;
    return { obfuscation: this.#padding.beside(typeof delta === 'string' ? delta.length : 0) };
  }

  /** Everything since the last time. */
  take(): string {
    const text = this.#pending;
    this.#pending = '';
    return text;
  }
}
