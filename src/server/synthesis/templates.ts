/** What operations on resources answer, with the parts open that a request decides. */
import { TEMPLATE_DATA } from './template-data.js';

/** A value, or what makes one. */
export type Template =
  | string
  | number
  | boolean
  | null
  | readonly ['object', Readonly<Record<string, Template>>]
  /** So many values of a template; none without one. */
  | readonly ['list', Template?, number?]
  /** An id that begins with something. */
  | readonly ['id', string]
  /** So many seconds after the beginning of the resource, in seconds since 1970. */
  | readonly ['time', number]
  /** A whole number, bounds included. */
  | readonly ['integer', number, number]
  /** About so many words. */
  | readonly ['text', number]
  /** A named part of the request's path, or of its body. */
  | readonly ['path', string]
  | readonly ['body', string];

/** The content of a file. */
export type FileTemplate = readonly ['file', 'jsonl' | 'text' | 'zip' | 'video'];

/** An answer without a body. */
export type NoBody = readonly ['nothing'];

/** What one operation answers. */
export interface AnswerTemplate {
  /** 200 without it. */
  status?: number;
  /** The path's parameter that the answer's own `id` is. */
  own?: string;
  /** Members, by their path with dots, in place of those of `body`. */
  taken?: Readonly<Record<string, Template>>;
  body: Template | FileTemplate | NoBody;
}

let all: Readonly<Record<string, AnswerTemplate>> | undefined;

/** What an operation of the specification answers; undefined when it is not about a resource. */
export function answerTemplate(operationId: string): AnswerTemplate | undefined {
  all ??= JSON.parse(TEMPLATE_DATA) as Readonly<Record<string, AnswerTemplate>>;
  return Object.hasOwn(all, operationId) ? all[operationId] : undefined;
}
