/**
 * The body that was read last, to know those again that differ from it in what their messages say and in nothing else: a client's
 * mostly do. All other bytes are compared, so nothing of them is read again.
 */
import type { BaseBody } from './body.js';
import { startsWith, type TextRange, TextReader } from './plain-text.js';

/** Longer bodies, without what their messages say, are not remembered. */
const LONGEST_BYTES = 4096;

/** See the file's head. */
export class AlikeBodies {
  /** What stands before, between and behind the texts. */
  #between: readonly Buffer[] = [];
  /** What it means, without messages, whose texts may be long. */
  #body: BaseBody | undefined;
  #roles: readonly BaseBody['messages'][number]['role'][] = [];
  /** The size of the body that was read last without its texts. */
  #latestBytes = -1;
  readonly #texts = new TextReader();
  #lastStart = 0;

  /**
   * Remembers a body, if it may be like the one before: where they are of many kinds that would be in vain.
   *
   * @param bytes - are copied where they are needed
   * @param ranges - where the texts of its messages begin and end, in the order of these
   */
  remember(bytes: Buffer, ranges: readonly number[], body: BaseBody): void {
    let other = bytes.length;
    for (let i = 0; i < ranges.length; i += 2) other -= ranges[i + 1]! - ranges[i]!;
    const isAlike = other === this.#latestBytes;
    this.#latestBytes = other;
    if (!isAlike || other > LONGEST_BYTES) return;
    const between: Buffer[] = [];
    let at = 0;
    for (let i = 0; i <= ranges.length; i += 2) {
      between.push(Buffer.from(bytes.subarray(at, ranges[i] ?? bytes.length)));
      at = ranges[i + 1] ?? 0;
    }
    this.#between = between;
    this.#body = { ...body, messages: [] };
    this.#roles = body.messages.map(({ role }) => role);
  }

  /** Where the last text of the body is that was read last. */
  get lastText(): TextRange {
    return { start: this.#lastStart, end: this.#texts.end };
  }

  /** What a body means that is like the one that is remembered. */
  read(bytes: Buffer): BaseBody | undefined {
    const body = this.#body;
    if (!body) return undefined;
    const between = this.#between;
    const messages: BaseBody['messages'] = [];
    let at = 0;
    for (let i = 0; ; i++) {
      const literal = between[i]!;
      if (!startsWith(bytes, at, literal)) return undefined;
      const start = at + literal.length;
      if (i === between.length - 1) return start === bytes.length ? withMessages(body, messages) : undefined;
      const content = this.#texts.read(bytes, start);
      if (content === undefined) return undefined;
      this.#lastStart = start;
      at = this.#texts.end;
      messages.push({ role: this.#roles[i]!, content });
    }
  }
}

/** Field by field: to spread a body costs a microsecond. */
const withMessages = (body: BaseBody, messages: BaseBody['messages']): BaseBody => ({
  model: body.model,
  messages,
  stream: body.stream,
  n: body.n,
  max_tokens: body.max_tokens,
  max_completion_tokens: body.max_completion_tokens,
  min_tokens: body.min_tokens,
  ignore_eos: body.ignore_eos,
  seed: body.seed,
  temperature: body.temperature,
  top_p: body.top_p,
  user: body.user,
});
