/** What request i says, whatever the protocol: lengths and text. */
import type { Piece } from './pieces.js';

/**
 * What is said, as JSON that is copied into a body as it stands.
 * `text`: an optional system message and a prompt, without the quotes, and further parts of the
 * prompt's message, with a comma before each. `messages`: those of a chat, without the brackets
 * of their list. `body`: the members of a whole body, without its braces, and whether they say how long the answer may be.
 */
export type Said =
  | { kind: 'text'; system: string | undefined; prompt: string; parts?: string | undefined }
  | { kind: 'messages'; messages: string }
  | { kind: 'body'; members: string; asksTokens: boolean };

/** A later turn of a session: what the user says after an answer. */
export interface NextTurn {
  /** Time between the answer and this turn, milliseconds. */
  delayMs: number;
  /** Tokens of this turn alone. */
  inputTokens: number;
  outputTokens: number;
  /** Its text as one piece, where it is known without being written. */
  piece?: Piece;
  /** Its messages as JSON, without the brackets of their list; made when it is needed. */
  messages(): string;
  next(): NextTurn | undefined;
}

/** One request of a workload: the first or only one of its session. */
export interface ContentRequest {
  /** Tokens of all that is said, without what a chat template adds. */
  inputTokens: number;
  outputTokens: number;
  /** Makes the text, which takes much longer than drawing the lengths. */
  say: () => Said;
  /** What the text is made of, in order, where that is known without being written. */
  pieces?: () => Piece[];
  /** The turn that follows, if it is a session of several. */
  next?: NextTurn | undefined;
}

/** The contents of a workload; request i is a function of the index alone. */
export interface Content {
  /** How many requests (or sessions) there are; Infinity if the workload does not end by itself. */
  readonly count: number;
  at(index: number): ContentRequest;
}
