/**
 * One response of a realtime session. What is said, and when, comes from a chat completion with the same conversation,
 * asked of this very server; here it becomes items, deltas and sound.
 */
import { SPEECH_RATE, synthesize } from '../../../../simulator/speech/synthesize.js';
import { EDGE_S } from '../../../../simulator/speech/timeline.js';
import type { ServerContext } from '../../../context.js';
import type { InternalStream } from '../../../routing/internal-request.js';
import { encodeAudio } from './audio-codec.js';
import type { Item } from './conversation.js';
import { type McpListener, playMcp } from './mcp.js';
import { type ChatUsage, failure, responseBody, type Status, usageBody } from './response-body.js';
import type { ResponseLimits } from './response-limits.js';
import { itemOf, type OpenItem, partOf } from './response-items.js';
import { chatBody, type ResponsePlan } from './response-plan.js';

/** Who hears of it. */
export interface ResponseListener {
  readonly send: (event: Record<string, unknown> & { type: string }) => void;
  readonly newId: (prefix: string) => string;
  /** An item of the conversation begins; gives the id of the one before it. */
  readonly begin: (item: Item) => string | null;
  /** Takes speech of an item; without it speech is sent as events. */
  readonly play?: (itemId: string, make: () => Int16Array) => void;
  /** It is over, in whatever way; what was sent of it as sound is heard for so long. */
  readonly over: (spokenMs: number) => void;
}

interface ChatChunk {
  choices?: {
    delta: { content?: string | null; tool_calls?: ToolDelta[] };
    finish_reason: string | null;
  }[];
  usage?: ChatUsage | null;
}
interface ToolDelta {
  index: number;
  id?: string;
  function?: { name?: string; arguments?: string };
}
/** See the file's head. */
export class Responder {
  readonly #plan: ResponsePlan;
  readonly #listener: ResponseListener;
  readonly #context: ServerContext;
  #stream: InternalStream | undefined;
  readonly #output: object[] = [];
  #text = '';
  #open: OpenItem | undefined;
  #items = 0;
  #toolIndex = -1;
  #finishReason: string | null = null;
  #usage: ChatUsage | undefined;
  #over = false;
  #spokenMs = 0;
  /** What was spoken. */
  #said = '';

  constructor(
    context: ServerContext,
    plan: ResponsePlan,
    { shown, refusal }: ResponseLimits,
    listener: ResponseListener,
  ) {
    this.#plan = plan;
    this.#listener = listener;
    this.#context = context;
    listener.send({ type: 'response.created', response: this.#body('in_progress', null) });
    listener.send({ type: 'rate_limits.updated', rate_limits: shown });
    if (refusal) this.#end('failed', failure(refusal));
    else this.#begin();
  }

  #begin(): void {
    const { mcp, input } = this.#plan;
    const item = mcp && playMcp(mcp, this.#mcpListener());
    // The client is asked first.
    if (mcp?.kind === 'ask') this.#end('completed', null);
    else this.#ask(item ? [...input, item] : input);
  }

  /** Has a chat made of the conversation. */
  #ask(input: readonly Item[]): void {
    this.#stream = this.#context.dispatchStream(
      {
        method: 'POST',
        path: '/v1/chat/completions',
        headers: new Map([['content-type', 'application/json']]),
        body: Buffer.from(JSON.stringify(chatBody(this.#plan, input))),
      },
      (text) => this.#read(text),
    );
    void this.#stream.answer.then(({ status, body }) => {
      if (status === 200) this.#finish();
      else this.#fail(body);
    });
  }

  #mcpListener(): McpListener {
    const index = this.#items++;
    let itemId = '';
    return {
      newId: this.#listener.newId,
      added: (item) => {
        itemId = item.id;
        this.#itemAdded(index, { ...item });
      },
      done: (item) => this.#itemDone(index, { ...item }),
      send: (name, fields) => {
        // Those about what becomes of it do not say of which response.
        const ids = name.startsWith('mcp_call.') ? {} : { response_id: this.#plan.id };
        this.#listener.send({
          type: `response.${name}`,
          ...ids,
          output_index: index,
          item_id: itemId,
          ...fields,
        });
      },
    };
  }

  /** Breaks it off, because the client asked for it or began to speak. */
  cancel(reason: 'client_cancelled' | 'turn_detected'): void {
    if (this.#over) return;
    this.#stream?.cancel();
    this.#closeItem('incomplete');
    this.#end('cancelled', { type: 'cancelled', reason });
  }

  #read(text: string): void {
    this.#text += text;
    for (let at = this.#text.indexOf('\n\n'); at >= 0; at = this.#text.indexOf('\n\n')) {
      const event = this.#text.slice(0, at);
      this.#text = this.#text.slice(at + 2);
      if (event.startsWith('data: {') && !this.#over) this.#take(JSON.parse(event.slice(6)) as ChatChunk);
    }
  }

  #take({ choices, usage }: ChatChunk): void {
    if (usage) this.#usage = usage;
    const choice = choices?.[0];
    if (!choice) return;
    if (choice.delta.content) this.#say(choice.delta.content);
    for (const call of choice.delta.tool_calls ?? []) this.#call(call);
    this.#finishReason = choice.finish_reason ?? this.#finishReason;
  }

  #say(delta: string): void {
    if (this.#open?.kind !== 'message') {
      this.#closeItem('completed');
      this.#open = { kind: 'message', id: this.#listener.newId('item_'), index: this.#items++, text: '' };
      this.#beginItem(this.#open);
      this.#send('content_part.added', { content_index: 0, part: partOf(this.#plan, '') });
    }
    this.#open.text += delta;
    const { modality } = this.#plan;
    const kind = modality === 'text' ? 'output_text' : 'output_audio_transcript';
    this.#send(`${kind}.delta`, { content_index: 0, delta });
    if (modality === 'text') return;
    this.#said += delta;
    if (this.#listener.play) {
      this.#listener.play(this.#open.id, () => this.#sound(delta));
      return;
    }
    const sound = this.#sound(delta);
    if (sound.length === 0) return;
    this.#spokenMs += (sound.length / SPEECH_RATE) * 1000;
    const encoded = encodeAudio(sound, this.#plan.format).toString('base64');
    this.#send('output_audio.delta', { content_index: 0, delta: encoded });
  }

  /** A piece of text as sound, without the silence around it. */
  #sound(text: string): Int16Array {
    const { voice, speed } = this.#plan;
    const samples = synthesize({ seed: this.#context.seed, text, voice, speed });
    const edge = Math.round(EDGE_S * SPEECH_RATE);
    return samples.subarray(edge, samples.length - edge);
  }

  #call({ index, id, function: called }: ToolDelta): void {
    if (index !== this.#toolIndex || this.#open?.kind !== 'call') {
      this.#closeItem('completed');
      this.#toolIndex = index;
      this.#open = {
        kind: 'call',
        id: this.#listener.newId('item_'),
        index: this.#items++,
        callId: id ?? this.#listener.newId('call_'),
        name: called?.name ?? '',
        arguments: '',
      };
      this.#beginItem(this.#open);
    }
    const delta = called?.arguments ?? '';
    if (delta === '') return;
    this.#open.arguments += delta;
    this.#send('function_call_arguments.delta', { call_id: this.#open.callId, delta });
  }

  #beginItem(open: OpenItem): void {
    this.#itemAdded(open.index, itemOf(this.#plan, open, 'in_progress', false));
  }

  #itemAdded(index: number, item: Record<string, unknown>): void {
    const { send, begin } = this.#listener;
    send({ type: 'response.output_item.added', response_id: this.#plan.id, output_index: index, item });
    if (!this.#plan.inConversation) return;
    const previous = begin({ ...item } as unknown as Item);
    send({ type: 'conversation.item.added', previous_item_id: previous, item });
  }

  #closeItem(status: 'completed' | 'incomplete'): void {
    const open = this.#open;
    if (!open) return;
    this.#closeContent(open);
    this.#open = undefined;
    this.#itemDone(open.index, itemOf(this.#plan, open, status, true));
  }

  #itemDone(index: number, item: Record<string, unknown>): void {
    this.#output.push(item);
    const { send, begin } = this.#listener;
    if (this.#plan.inConversation) {
      const previous = begin({ ...item } as unknown as Item);
      send({ type: 'conversation.item.done', previous_item_id: previous, item });
    }
    send({ type: 'response.output_item.done', response_id: this.#plan.id, output_index: index, item });
  }

  #closeContent(open: OpenItem): void {
    if (open.kind === 'call') {
      const { callId, name } = open;
      this.#send('function_call_arguments.done', { call_id: callId, name, arguments: open.arguments });
      return;
    }
    if (this.#plan.modality === 'text') this.#send('output_text.done', { content_index: 0, text: open.text });
    else {
      this.#send('output_audio.done', { content_index: 0 });
      this.#send('output_audio_transcript.done', { content_index: 0, transcript: open.text });
    }
    this.#send('content_part.done', { content_index: 0, part: partOf(this.#plan, open.text) });
  }

  #send(name: string, fields: object): void {
    const { id: itemId, index } = this.#open!;
    const ids = { response_id: this.#plan.id, item_id: itemId, output_index: index };
    this.#listener.send({ type: `response.${name}`, ...ids, ...fields });
  }

  #finish(): void {
    if (this.#over) return;
    const short = this.#finishReason === 'length';
    this.#closeItem(short ? 'incomplete' : 'completed');
    if (short) this.#end('incomplete', { type: 'incomplete', reason: 'max_output_tokens' });
    else this.#end('completed', null);
  }

  #fail(body: Buffer): void {
    if (this.#over) return;
    const { error } = JSON.parse(body.length > 0 ? body.toString('utf8') : '{}') as { error?: object };
    this.#closeItem('incomplete');
    const message = 'The response could not be made.';
    this.#end('failed', failure({ type: 'server_error', code: null, message, ...error }));
  }

  #end(status: Status, details: object | null): void {
    this.#over = true;
    this.#listener.send({ type: 'response.done', response: this.#body(status, details) });
    this.#listener.over(this.#spokenMs);
  }

  #body(status: Status, details: object | null): object {
    const usage =
      status === 'in_progress' ? undefined : usageBody(this.#context, this.#plan, this.#usage, this.#said);
    return responseBody(this.#plan, status, details, this.#output, usage);
  }
}
