/** The output of a response: items made of the sections of an answer, and the events that tell of them as they grow. */
import { createRandom } from '../../../../lib/random.js';
import { Logprobs, type PlacedLogprob } from '../../../../simulator/content/logprobs.js';
import type { Section } from '../../../../simulator/content/section.js';
import { ShownTokens } from '../../../../simulator/content/shown-tokens.js';
import type { Answer } from '../../../../simulator/index.js';
import type { EventWriter } from './event-writer.js';
import type { Hidden } from './included.js';
import { type Item, itemId, keptItemId } from './items.js';
import { seal } from './sealed.js';
import type { ItemView } from './item-view.js';
import type { OpenItem } from './open-item.js';
import type { ListedServer, OutputOptions } from './output-options.js';
import { begun, listedTools, partOf, placedJson } from './output-parts.js';

/** Words of a thought that its summary has. */
const SUMMARY_WORDS = 24;

/** See the file's head. Read it with {@link next} until {@link ended}. */
export class ResponseOutput {
  /** Finished items, and the one that is being written. */
  readonly items: Item[] = [];
  readonly #answer: Answer;
  readonly #options: OutputOptions;
  readonly #events: EventWriter;
  readonly #logprobs: Logprobs;
  readonly #waiting = new ShownTokens<PlacedLogprob>();
  #sectionAt = -1;
  /** Tokens of the compaction that are to come. */
  #compacting: number;
  /** Steps that the open item has worked, once all is written that calls it. */
  #stepsDone = 0;
  #hostedAt = 0;
  /** All is said of what says nothing. */
  #isSilenced = false;
  /** Of the items that are done. */
  readonly #views: ItemView[] = [];
  #open: OpenItem | undefined;
  /** What is kept of items beside what they are shown with, by their ids, of responses that are. */
  hidden: Record<string, Hidden> | undefined;

  constructor(answer: Answer, options: OutputOptions, events: EventWriter) {
    this.#answer = answer;
    this.#options = options;
    this.#events = events;
    this.#compacting = options.compaction?.tokens ?? 0;
    const { seed, asked, topLogprobs, greedy } = options;
    this.#logprobs = new Logprobs(
      createRandom(seed, 'logprobs', asked.high, asked.low, 0),
      topLogprobs ?? 0,
      greedy,
    );
  }

  get ended(): boolean {
    return this.#options.isSilent ? this.#isSilenced : this.#answer.ended;
  }

  /**
   * Generates a token, and the events that tell of it.
   *
   * @param more - the next token was made in the same step, so that one event tells of both
   */
  next(more = false): void {
    if (this.#compacting > 0) {
      if (--this.#compacting === 0) this.#compacted(this.#options.compaction!.item);
      if (this.#compacting > 0 || !this.#options.isSilent) return;
    }
    if (this.#options.isSilent) {
      for (const server of this.#options.servers) if (server.problem !== undefined) this.#listTools(server);
      this.#isSilenced = true;
      return;
    }
    if (this.#works()) return this.#step();
    if (this.#sectionAt < 0) for (const server of this.#options.servers) this.#listTools(server);
    const text = this.#answer.next();
    if (text === undefined) return;
    if (this.#answer.sectionIndex !== this.#sectionAt) this.#enter();
    this.#grow(text);
    if (!more) this.#tell();
    if (this.#answer.ended) this.#finish(this.#answer.finishReason === 'length' ? 'incomplete' : 'completed');
  }

  #id(type: string): string {
    const { seed, digest, keptAs } = this.#options;
    const { length } = this.items;
    if (keptAs !== undefined) return keptItemId(keptAs, 'output', length, type);
    return itemId(seed, digest, 'output', length, type);
  }

  /** The text of a section is complete, and another one begins. */
  #enter(): void {
    this.#finish('completed');
    this.#sectionAt = this.#answer.sectionIndex;
    const { section } = this.#answer;
    this.#begin(section, this.#viewOf(section));
    const part = partOf(section, '', []);
    if (part && this.#isWritten(section))
      this.#sayOf('response.content_part.added', { content_index: 0, part });
  }

  #begin(section: Section, view: ItemView | undefined): void {
    const item = view?.begin(this.#id(view.type)) ?? begun(section, (type) => this.#id(type));
    this.#open = {
      section,
      index: this.items.length,
      item,
      text: '',
      logprobs: [],
      view,
      held: { text: '', logprobs: [] },
    };
    this.items.push(item);
    this.#events.add('response.output_item.added', { output_index: this.#open.index, item: { ...item } });
    view?.opened?.((type, fields) => this.#sayOf(type, fields ?? {}));
  }

  #viewOf({ call }: Section): ItemView | undefined {
    if (call?.type === 'hosted') return this.#options.hosted[this.#hostedAt++]!.view(call.id);
    return call && this.#options.views.get(call.name)?.(call.id);
  }

  /** Whether all is written that calls the open item, and it works now. */
  #works(): boolean {
    const open = this.#open;
    return open?.view?.steps !== undefined && open.section.tokens.left === 0 && !this.#answer.ended;
  }

  #step(): void {
    const open = this.#open!;
    const view = open.view!;
    this.#stepsDone++;
    view.stepped?.(this.#stepsDone, (type, fields) => this.#sayOf(type, fields ?? {}));
    if (this.#stepsDone < view.steps!) return;
    this.#stepsDone = 0;
    this.#finish('completed');
    const next = view.next?.();
    if (next) this.#begin(open.section, next);
  }

  #grow(text: string): void {
    const open = this.#open!;
    const isText = open.section.kind === 'text';
    if (isText && this.#options.topLogprobs !== undefined) {
      const piece = this.#answer.latestPiece;
      this.#waiting.push(this.#logprobs.of(piece), piece.length);
    }
    if (text === '') return;
    open.text += text;
    open.held.text += text;
    if (!isText || this.#options.topLogprobs === undefined) return;
    const logprobs = this.#waiting.show(text.length);
    open.logprobs.push(...logprobs);
    open.held.logprobs.push(...logprobs);
  }

  /** The event of what is held. */
  #tell(): void {
    const open = this.#open;
    if (!open || open.held.text === '') return;
    const { section: { kind, call }, held: { text, logprobs } } = open; // prettier-ignore
    open.held = { text: '', logprobs: [] };
    if (open.view) open.view.grew?.(text, (type, fields) => this.#sayOf(type, fields ?? {}));
    else if (call) {
      const what = call.type === 'custom' ? 'custom_tool_call_input' : 'function_call_arguments';
      this.#sayOf(`response.${what}.delta`, { delta: text });
    } else if (kind === 'text')
      this.#sayOf('response.output_text.delta', {
        content_index: 0,
        delta: text,
        logprobs: logprobs.map(placedJson),
      });
    else if (kind === 'refusal') this.#sayOf('response.refusal.delta', { content_index: 0, delta: text });
    else if (this.#options.showsThoughts)
      this.#sayOf('response.reasoning_text.delta', { content_index: 0, delta: text });
  }

  #finish(status: 'completed' | 'incomplete'): void {
    const open = this.#open;
    if (!open) return;
    this.#tell();
    this.#open = undefined;
    const { section, index, item, text, view } = open;
    const say = (type: string, fields: object = {}): void => this.#sayAt(open, type, fields);
    if (view) {
      Object.assign(item, view.done(text, status === 'completed', say));
      this.#views.push(view);
      if (status === 'completed') this.#hide(item, view.hidden?.());
    } else {
      this.#complete(open, status);
      if (section.kind !== 'reasoning') item.status = status;
    }
    this.#events.add('response.output_item.done', { output_index: index, item: { ...item } });
  }

  #complete(open: OpenItem, status: string): void {
    const { section, item, text, logprobs } = open;
    const { kind, call } = section;
    if (call?.type === 'custom') {
      item.input = text;
      this.#sayAt(open, 'response.custom_tool_call_input.done', { input: text });
    } else if (call) {
      item.arguments = text;
      if (status === 'completed')
        this.#sayAt(open, 'response.function_call_arguments.done', { name: call.name, arguments: text });
    } else if (kind === 'reasoning') this.#completeThoughts(open);
    else {
      const shown = logprobs.map(placedJson);
      const part = partOf(section, text, shown)!;
      if (kind === 'text')
        this.#sayAt(open, 'response.output_text.done', { content_index: 0, text, logprobs: shown });
      else this.#sayAt(open, 'response.refusal.done', { content_index: 0, refusal: text });
      if (kind === 'text') this.#cite(open, part);
      this.#sayAt(open, 'response.content_part.done', { content_index: 0, part });
      item.content = [part];
    }
  }

  /** A text refers to what was found before it. */
  #cite(open: OpenItem, part: Record<string, unknown>): void {
    if (open.text === '') return;
    const annotations = this.#views.flatMap((view) => view.citations?.(open.text) ?? []);
    part.annotations = annotations;
    for (const [index, annotation] of annotations.entries())
      this.#sayAt(open, 'response.output_text.annotation.added', {
        content_index: 0,
        annotation_index: index,
        annotation,
      });
  }

  #completeThoughts(open: OpenItem): void {
    const { item, section, text } = open;
    const { seed, showsThoughts, summarizes, include } = this.#options;
    if (showsThoughts) {
      const part = partOf(section, text, [])!;
      this.#sayAt(open, 'response.reasoning_text.done', { content_index: 0, text });
      this.#sayAt(open, 'response.content_part.done', { content_index: 0, part });
      item.content = [part];
    }
    if (summarizes) this.#summarize(open, `${text.split(' ').slice(0, SUMMARY_WORDS).join(' ')}…`);
    if (include.has('reasoning.encrypted_content')) item.encrypted_content = seal(seed, text);
    else this.#hide(item, { thought: text });
  }

  #hide({ id }: Item, hidden: Hidden | undefined): void {
    if (hidden && this.#options.keptAs !== undefined) (this.hidden ??= {})[id] = hidden;
  }

  #summarize(open: OpenItem, text: string): void {
    const part = { type: 'summary_text', text };
    const at = { summary_index: 0 };
    this.#sayAt(open, 'response.reasoning_summary_part.added', {
      ...at,
      part: { type: 'summary_text', text: '' },
    });
    for (const delta of text.match(/\S+\s*/g) ?? [])
      this.#sayAt(open, 'response.reasoning_summary_text.delta', { ...at, delta });
    this.#sayAt(open, 'response.reasoning_summary_text.done', { ...at, text });
    this.#sayAt(open, 'response.reasoning_summary_part.done', { ...at, part });
    open.item.summary = [part];
  }

  #compacted(made: Item): void {
    const item = { ...made, id: this.#id('compaction') };
    const at = { output_index: this.items.length };
    this.items.push(item);
    this.#events.add('response.output_item.added', { ...at, item });
    this.#events.add('response.output_item.done', { ...at, item });
  }

  #listTools(server: ListedServer): void {
    const item: Item = { id: this.#id('mcp_list_tools'), ...listedTools(server) };
    const outcome = server.problem === undefined ? 'completed' : 'failed';
    const at = { output_index: this.items.length };
    this.items.push(item);
    this.#events.add('response.output_item.added', { ...at, item: { ...item, tools: [] } });
    this.#events.add('response.mcp_list_tools.in_progress', { ...at, item_id: item.id });
    this.#events.add(`response.mcp_list_tools.${outcome}`, { ...at, item_id: item.id });
    this.#events.add('response.output_item.done', { ...at, item });
  }

  #isWritten({ kind }: Section): boolean {
    return kind !== 'reasoning' || this.#options.showsThoughts;
  }

  /** About the item that is being written. */
  #sayOf(type: string, fields: object): void {
    this.#sayAt(this.#open!, type, fields);
  }

  #sayAt({ item, index }: OpenItem, type: string, fields: object): void {
    if (this.#events.isRead) this.#events.add(type, { item_id: item.id, output_index: index, ...fields });
  }
}
