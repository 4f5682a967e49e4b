/** What request i says, whatever the protocol: lengths and prompt text. */

/** The contents of a workload; all are functions of the index alone. */
export interface Content {
  /** How many requests there are; Infinity if the workload does not end by itself. */
  readonly count: number;
  inputTokens(index: number): number;
  outputTokens(index: number): number;
  /** Text of exactly `tokens` tokens, which is `inputTokens(index)`; ASCII that needs no escapes in JSON. */
  prompt(index: number, tokens: number): string;
}
