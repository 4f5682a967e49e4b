/** An answer as Anthropic's blocks, and as the events that tell of them. */
import type { Section } from '../../../simulator/content/section.js';
import type { Answer } from '../../../simulator/index.js';
import type { GenerationUsage } from '../../generation/generator.js';
import type { FrameSource } from '../../generation/token-stream.js';
import { asciiJson } from '../../json.js';

/** An event as it goes over the wire. */
export const eventText = (type: string, fields: object): string =>
  `event: ${type}\ndata: ${asciiJson({ type, ...fields })}\n\n`;

const toolId = (id: string): string => id.replace(/^call_/, 'toolu_');

/** A signature says that thoughts are the model's own; here it is made of them. */
const signatureOf = (thoughts: string): string =>
  Buffer.from(`fakeai:${thoughts.slice(0, 96)}`, 'utf8').toString('base64');

/** A call that the model makes itself; none comes from a program of its. */
const useOf = ({ id, name }: NonNullable<Section['call']>, input: unknown): object => ({
  type: 'tool_use',
  id: toolId(id),
  name,
  input,
  caller: { type: 'direct' },
});

/** A block of which nothing is known but its kind. */
function opened({ kind, call }: Section): object {
  if (kind === 'reasoning') return { type: 'thinking', thinking: '', signature: '' };
  if (call) return useOf(call, {});
  return { type: 'text', text: '' };
}

function deltaOf({ kind, call }: Section, text: string): object {
  if (kind === 'reasoning') return { type: 'thinking_delta', thinking: text };
  if (call) return { type: 'input_json_delta', partial_json: text };
  return { type: 'text_delta', text };
}

function closed({ kind, call }: Section, text: string): object {
  if (kind === 'reasoning') return { type: 'thinking', thinking: text, signature: signatureOf(text) };
  if (call) return useOf(call, inputOf(text));
  return { type: 'text', text };
}

/** Arguments that were cut at the limit are no JSON. */
function inputOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return {};
  }
}

/** The blocks of a whole answer; all tokens are generated then. */
export function readBlocks(answer: Answer): object[] {
  if (answer.sections.length === 1) {
    const text = answer.rest();
    return text === '' && answer.section.kind === 'text' ? [] : [closed(answer.section, text)];
  }
  const texts = new Map<Section, string>();
  for (let text = answer.next(); text !== undefined; text = answer.next()) {
    texts.set(answer.section, (texts.get(answer.section) ?? '') + text);
  }
  return [...texts]
    .filter(([{ kind }, text]) => text !== '' || kind !== 'text')
    .map(([section, text]) => closed(section, text));
}

/** How an answer ended that has not. */
export const NOT_STOPPED = { stop_reason: null, stop_sequence: null, stop_details: null, container: null };

/** How an answer ended. */
export function stopOf(answer: Answer): object {
  if (answer.stopSequence !== undefined)
    return { ...NOT_STOPPED, stop_reason: 'stop_sequence', stop_sequence: answer.stopSequence };
  const reason =
    answer.finishReason === 'length'
      ? 'max_tokens'
      : answer.finishReason === 'tool_calls'
        ? 'tool_use'
        : 'end_turn';
  return { ...NOT_STOPPED, stop_reason: reason };
}

/** The events of the blocks. */
export class BlockFrames implements FrameSource {
  readonly #answer: Answer;
  #sectionAt = -1;
  #index = -1;
  #section: Section | undefined;
  #text = '';
  /** Text of a step whose last token is to come. */
  #held = '';

  constructor(answer: Answer) {
    this.#answer = answer;
  }

  get ended(): boolean {
    return this.#answer.ended;
  }

  next(_usage?: GenerationUsage, more = false): string {
    const answer = this.#answer;
    const text = answer.next();
    if (text === undefined) return '';
    let frames = '';
    if (answer.sectionIndex !== this.#sectionAt) {
      frames += this.#release() + this.#close();
      this.#sectionAt = answer.sectionIndex;
      this.#section = undefined;
    }
    // A text that a stop sequence cuts at its very beginning is no block.
    if (text !== '' || (answer.section.kind !== 'text' && !this.#section)) {
      if (!this.#section) frames += this.#open(answer.section);
      this.#held += text;
      this.#text += text;
    }
    if (!more || answer.ended) frames += this.#release();
    return answer.ended ? frames + this.#close() : frames;
  }

  /** The event of what is held. */
  #release(): string {
    if (this.#held === '' || !this.#section) return '';
    const delta = deltaOf(this.#section, this.#held);
    this.#held = '';
    return eventText('content_block_delta', { index: this.#index, delta });
  }

  #open(section: Section): string {
    this.#section = section;
    this.#text = '';
    this.#index++;
    const start = eventText('content_block_start', { index: this.#index, content_block: opened(section) });
    return this.#index === 0 ? start + eventText('ping', {}) : start;
  }

  #close(): string {
    if (!this.#section) return '';
    const { kind } = this.#section;
    const signature = { type: 'signature_delta', signature: signatureOf(this.#text) };
    const signed =
      kind === 'reasoning' ? eventText('content_block_delta', { index: this.#index, delta: signature }) : '';
    this.#section = undefined;
    return signed + eventText('content_block_stop', { index: this.#index });
  }
}
