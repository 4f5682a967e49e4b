/** The parts of an answer: thoughts, text, a refusal, calls of tools. */
import type { TokenSource } from './token-source.js';

/** `reasoning` is thought before the answer; `refusal` stands in the place of `text`. */
export type SectionKind = 'reasoning' | 'text' | 'refusal' | 'call';

/** A call of a tool: what its tokens spell are the arguments. */
export interface ToolCall {
  /** Names the call, such as `call_…`. */
  id: string;
  name: string;
  /** `function` has JSON arguments, `custom` any text; `hosted` is run by the server, and the answer goes on behind it. */
  type: 'function' | 'custom' | 'hosted';
}

/** One part of an answer. */
export interface Section {
  readonly kind: SectionKind;
  readonly tokens: TokenSource;
  /** Only with kind `call`. */
  readonly call?: ToolCall;
}
