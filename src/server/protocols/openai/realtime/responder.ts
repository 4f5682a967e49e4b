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
import { chatBody, type ResponsePlan } from './response-plan.js';

/** Who hears of it. */
export interface ResponseListener {
  readonly send: (event: Record<string, unknown> & { type: string }) => void;
  readonly newId: (prefix: string) => string;
  /** An item of the conversation begins; gives the id of the one before it. */
  readonly begin: (item: Item) => string | null;
  /** Takes speech of an item; without it speech is sent as events. */
  readonly play?: (itemId: string, make: () => Int16Array) => void;
  /** It is over; in whatever way. */
  readonly over: () => void;
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
interface ChatUsage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details?: { cached_tokens?: number };
}

/** An item under way. */
type OpenItem =
  | { kind: 'message'; id: string; index: number; text: string }
  | { kind: 'call'; id: string; index: number; callId: string; name: string; arguments: string };

type Status = 'in_progress' | 'completed' | 'incomplete' | 'cancelled' | 'failed';

/** What an answer says that is none. */
interface Failure {
  error: { type?: string; code?: string | null; message?: string };
}

/** See the file's head. */
export class Responder {
  readonly #plan: ResponsePlan;
  readonly #listener: ResponseListener;
  readonly #seed: number;
  readonly #stream: InternalStream;
  readonly #output: object[] = [];
  #text = '';
  #open: OpenItem | undefined;
  #items = 0;
  #toolIndex = -1;
  #finishReason: string | null = null;
  #usage: ChatUsage | undefined;
  #over = false;

  constructor(context: ServerContext, plan: ResponsePlan, listener: ResponseListener) {
    this.#plan = plan;
    this.#listener = listener;
    this.#seed = context.seed;
    listener.send({ type: 'response.created', response: this.#body('in_progress', null) });
    this.#stream = context.dispatchStream(
      {
        method: 'POST',
        path: '/v1/chat/completions',
        headers: new Map([['content-type', 'application/json']]),
        body: Buffer.from(JSON.stringify(chatBody(plan))),
      },
      (text) => this.#read(text),
    );
    void this.#stream.answer.then(({ status, body }) => {
      if (status === 200) this.#finish();
      else this.#fail(body);
    });
  }

  /** Breaks it off, because the client asked for it or began to speak. */
  cancel(reason: 'client_cancelled' | 'turn_detected'): void {
    if (this.#over) return;
    this.#stream.cancel();
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
      this.#send('content_part.added', { content_index: 0, part: this.#part('') });
    }
    this.#open.text += delta;
    const { modality } = this.#plan;
    const kind = modality === 'text' ? 'output_text' : 'output_audio_transcript';
    this.#send(`${kind}.delta`, { content_index: 0, delta });
    if (modality === 'text') return;
    if (this.#listener.play) {
      this.#listener.play(this.#open.id, () => this.#sound(delta));
      return;
    }
    const sound = this.#sound(delta);
    if (sound.length === 0) return;
    const encoded = encodeAudio(sound, this.#plan.format).toString('base64');
    this.#send('output_audio.delta', { content_index: 0, delta: encoded });
  }

  /** A piece of text as sound, without the silence around it. */
  #sound(text: string): Int16Array {
    const { voice, speed } = this.#plan;
    const samples = synthesize({ seed: this.#seed, text, voice, speed });
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
    const item = this.#item(open, 'in_progress', false);
    const { send, begin } = this.#listener;
    send({ type: 'response.output_item.added', response_id: this.#plan.id, output_index: open.index, item });
    if (!this.#plan.inConversation) return;
    const previous = begin({ ...item } as unknown as Item);
    send({ type: 'conversation.item.added', previous_item_id: previous, item });
  }

  #closeItem(status: 'completed' | 'incomplete'): void {
    const open = this.#open;
    if (!open) return;
    this.#closeContent(open);
    this.#open = undefined;
    const item = this.#item(open, status, true);
    this.#output.push(item);
    const { send, begin } = this.#listener;
    if (this.#plan.inConversation) {
      const previous = begin({ ...item } as unknown as Item);
      send({ type: 'conversation.item.done', previous_item_id: previous, item });
    }
    send({ type: 'response.output_item.done', response_id: this.#plan.id, output_index: open.index, item });
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
    this.#send('content_part.done', { content_index: 0, part: this.#part(open.text) });
  }

  #part(text: string): object {
    return this.#plan.modality === 'text' ? { type: 'text', text } : { type: 'audio', transcript: text };
  }

  #item(open: OpenItem, status: string, complete: boolean): Record<string, unknown> {
    const common = { id: open.id, object: 'realtime.item', status };
    if (open.kind === 'call') {
      return {
        ...common,
        type: 'function_call',
        name: open.name,
        call_id: open.callId,
        arguments: open.arguments,
      };
    }
    const part =
      this.#plan.modality === 'text'
        ? { type: 'output_text', text: open.text }
        : { type: 'output_audio', transcript: open.text };
    return { ...common, type: 'message', role: 'assistant', content: complete ? [part] : [] };
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
    const { error } = JSON.parse(body.length > 0 ? body.toString('utf8') : '{}') as Partial<Failure>;
    const { type = 'server_error', code, message } = error ?? {};
    this.#closeItem('incomplete');
    this.#end('failed', { type: 'failed', error: { type, ...(code != null && { code }), message } });
  }

  #end(status: Status, details: object | null): void {
    this.#over = true;
    this.#listener.send({ type: 'response.done', response: this.#body(status, details) });
    this.#listener.over();
  }

  #body(status: Status, details: object | null): object {
    const { id, modality, format, voiceId, maxTokens, metadata, inConversation } = this.#plan;
    return {
      object: 'realtime.response',
      id,
      status,
      ...(details && { status_details: details }),
      output: this.#output,
      ...(inConversation ? { conversation_id: 'conv_0' } : {}),
      output_modalities: [modality],
      max_output_tokens: maxTokens,
      audio: { output: { format, voice: voiceId } },
      metadata: metadata ?? null,
      ...(status === 'in_progress' ? {} : { usage: this.#usageBody() }),
    };
  }

  #usageBody(): object {
    const input = this.#usage?.prompt_tokens ?? 0;
    const output = this.#usage?.completion_tokens ?? 0;
    const cached = this.#usage?.prompt_tokens_details?.cached_tokens ?? 0;
    const spoken = this.#plan.modality === 'audio' ? output : 0;
    return {
      total_tokens: input + output,
      input_tokens: input,
      output_tokens: output,
      input_token_details: { text_tokens: input, audio_tokens: 0, image_tokens: 0, cached_tokens: cached },
      output_token_details: { text_tokens: output - spoken, audio_tokens: spoken },
    };
  }
}
