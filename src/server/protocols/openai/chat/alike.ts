/**
 * Kinds of bodies that were read lately, to know those again that differ from one in what their messages say and in nothing else: a
 * client's mostly do. All other bytes are compared, so nothing of them is read again.
 */
import type { BaseBody } from './body.js';
import { FewKinds } from './few-kinds.js';
import { startsWith, type TextRange, TextReader } from './plain-text.js';

/** Longer bodies, without what their messages say, are not remembered. */
const LONGEST_BYTES = 4096;
/** Of so many bodies that were read lately the sizes are known. */
const LATEST = 8;

/** Bodies that are alike. */
interface Kind {
  /** What stands before, between and behind the texts. */
  readonly between: readonly Buffer[];
  /** What it means, without messages, whose texts may be long. */
  readonly body: BaseBody;
  readonly roles: readonly BaseBody['messages'][number]['role'][];
}

/** See the file's head. */
export class AlikeBodies {
  readonly #kinds = new FewKinds<Kind>();
  /** The sizes of the bodies that were read lately, without their texts, and where the next one goes. */
  readonly #latestBytes = new Int32Array(LATEST);
  #nextLatest = 0;
  readonly #texts = new TextReader();
  #lastStart = 0;

  /**
   * Remembers a body, if one that came lately may be like it: where they are of many kinds that would be in vain.
   *
   * @param bytes - are copied where they are needed
   * @param ranges - where the texts of its messages begin and end, in the order of these
   */
  remember(bytes: Buffer, ranges: readonly number[], body: BaseBody): void {
    let other = bytes.length;
    for (let i = 0; i < ranges.length; i += 2) other -= ranges[i + 1]! - ranges[i]!;
    const isAlike = this.#latestBytes.includes(other);
    this.#latestBytes[this.#nextLatest] = other;
    this.#nextLatest = (this.#nextLatest + 1) % LATEST;
    if (!isAlike || other > LONGEST_BYTES || !this.#kinds.hasRoom()) return;
    const between: Buffer[] = [];
    let at = 0;
    for (let i = 0; i <= ranges.length; i += 2) {
      between.push(Buffer.from(bytes.subarray(at, ranges[i] ?? bytes.length)));
      at = ranges[i + 1] ?? 0;
    }
    const roles = body.messages.map(({ role }) => role);
    this.#kinds.add({ between, body: { ...body, messages: [] }, roles });
  }

  /** Where the last text of the body is that was read last. */
  get lastText(): TextRange {
    return { start: this.#lastStart, end: this.#texts.end };
  }

  /** What a body means that is like one that is remembered. */
  read(bytes: Buffer): BaseBody | undefined {
    const { all } = this.#kinds;
    for (let place = 0; place < all.length; place++) {
      const body = this.#readAs(all[place]!, bytes);
      if (body === undefined) continue;
      this.#kinds.met(place);
      return body;
    }
    return undefined;
  }

  #readAs({ between, body, roles }: Kind, bytes: Buffer): BaseBody | undefined {
    // Another kind is mostly told by its end, before any text is read.
    const end = between.at(-1)!;
    const endStart = bytes.length - end.length;
    if (endStart < 0 || !startsWith(bytes, endStart, end)) return undefined;
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
      messages.push({ role: roles[i]!, content });
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
