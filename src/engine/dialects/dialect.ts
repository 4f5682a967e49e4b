/** What the answers of one kind of endpoint look like: all that differs between protocols once the bytes have come. */
import { serverMessage, type Usage } from '../answers.js';
import type { EventScanner } from './event-scan.js';

export type JsonObject = Record<string, unknown>;

/** What a whole answer says that is measured. */
export interface WholeAnswer {
  usage?: Usage | undefined;
  /** For endpoints whose answers are not counted in tokens. */
  items?: number | undefined;
}

/** How answers of one kind are read. Stateless: one of it serves all requests of a thread. */
export interface Dialect {
  /** What an answer is called in messages: "a completion". */
  readonly noun: string;
  /** Finds what counts in the events of a stream. */
  readonly scanner: EventScanner;
  /**
   * How a stream says that it is complete: with the data `[DONE]`, with an event of its own (which the scanner calls
   * an end), or not at all.
   */
  readonly ending: 'done' | 'event' | 'close';
  /** The same in words, for messages. */
  readonly endingName: string;
  /** The usage in an event; counts come in different events of some protocols, and add to what came before. */
  eventUsage(event: JsonObject): Usage | undefined;
  /** For protocols that the scanner does not know: the generated text of an event, each of which is parsed for it. */
  eventText?(event: JsonObject): string;
  /** An answer may be a stream or not, whatever was asked for. */
  readonly eitherWay?: boolean;
  /** Why an event reports an error; undefined if it does not. `''` if it has no words for it. */
  eventError(event: JsonObject): string | undefined;
  /** What the assistant says in an event or in a whole answer, without reasoning: what a next turn repeats. */
  said(answer: JsonObject): string;
  /** All generated text of a whole answer, reasoning included: what tokens are counted in. */
  generated(answer: JsonObject): string;
  /** Reads a whole answer; undefined for what is not one. */
  read(answer: JsonObject): WholeAnswer | undefined;
  /** The same from its bytes, without parsing; undefined where that cannot tell. */
  scan?(buffer: Buffer, start: number, end: number): WholeAnswer | undefined;
  /** Items of an answer that comes as a stream, which does not say. */
  readonly streamItems?: number;
  /** Answers are sound: none of it is kept. */
  readonly sound?: SoundAnswers;
}

/** How answers of sound are measured. */
export interface SoundAnswers {
  /** Content types that are expected of bytes. */
  readonly contentType: RegExp;
  /** The sound in an event of a stream; each event is parsed for it. */
  eventSound(event: JsonObject): Buffer | undefined;
}

/** The error of an event, as OpenAI's `{error}`, vLLM's `{object: "error"}` and Anthropic's `{type: "error"}` have it. */
export function commonError(event: JsonObject): string | undefined {
  const { error } = event;
  const isError =
    event['object'] === 'error' || event['type'] === 'error' || (error !== undefined && error !== null);
  return isError ? (serverMessage(event) ?? '') : undefined;
}
