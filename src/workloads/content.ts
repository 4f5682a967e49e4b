/** What request i says, whatever the protocol: lengths and text. */

/**
 * What is said, as JSON without the quotes around texts: it is copied into a body as it stands.
 * `text`: an optional system message and a prompt. `messages`: the list of messages of a chat.
 */
export type Said =
  { kind: 'text'; system: string | undefined; prompt: string } | { kind: 'messages'; messages: string };

/** One request of a workload. */
export interface ContentRequest {
  /** Tokens of all that is said, without what a chat template adds. */
  inputTokens: number;
  outputTokens: number;
  said: Said;
}

/** The contents of a workload; request i is a function of the index alone. */
export interface Content {
  /** How many requests there are; Infinity if the workload does not end by itself. */
  readonly count: number;
  at(index: number): ContentRequest;
}
