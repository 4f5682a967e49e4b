/** The JSON bodies of requests for text, beside those of chat completions. */
import type { Said } from '../content.js';
import type { BodyOptions, TextBodyWriter } from './chat.js';

interface Message {
  role: string;
  content: unknown;
}

const parseMessages = (messages: string): Message[] => JSON.parse(`[${messages}]`) as Message[];

/** The texts of a message: one, or those among its parts. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return (content as { text?: unknown }[]).map(({ text }) => (typeof text === 'string' ? text : '')).join('');
}

/** All that is said as one text: the inside of a JSON string, system message first. */
export function plainText(said: Said): string {
  if (said.kind === 'text')
    return said.system === undefined ? said.prompt : `${said.system}\\n\\n${said.prompt}`;
  const messages =
    said.kind === 'messages'
      ? parseMessages(said.messages)
      : ((JSON.parse(`{${said.members}}`) as { messages: Message[] }).messages ?? []);
  const text = messages.map(({ content }) => textOf(content)).join('\n\n');
  return JSON.stringify(text).slice(1, -1);
}

/** What is said, with the system messages apart from the others; JSON without quotes and brackets. */
function apart(said: Said): { system: string | undefined; messages: string } {
  if (said.kind === 'text')
    return { system: said.system, messages: `{"role":"user","content":"${said.prompt}"}` };
  if (said.kind === 'body')
    return { system: undefined, messages: `{"role":"user","content":"${plainText(said)}"}` };
  if (!said.messages.startsWith('{"role":"system"')) return { system: undefined, messages: said.messages };
  const all = parseMessages(said.messages);
  const texts = all.filter(({ role }) => role === 'system').map(({ content }) => textOf(content));
  const others = all.filter(({ role }) => role !== 'system').map((message) => JSON.stringify(message));
  return { system: JSON.stringify(texts.join('\n\n')).slice(1, -1), messages: others.join(',') };
}

/** Legacy completions. */
export function completionsBodyWriter({ model, streaming, ignoreEos }: BodyOptions): TextBodyWriter {
  const head = `{"model":${JSON.stringify(model)},"prompt":"`;
  const tail = streaming ? ',"stream":true,"stream_options":{"include_usage":true}}' : '}';
  return (said, outputTokens) => {
    const forced = ignoreEos ? `,"min_tokens":${outputTokens},"ignore_eos":true` : '';
    return `${head}${plainText(said)}","max_tokens":${outputTokens}${forced}${tail}`;
  };
}

/** OpenAI's responses; nothing is stored, since nobody will ask for it again. */
export function responsesBodyWriter({ model, streaming }: BodyOptions): TextBodyWriter {
  const head = `{"model":${JSON.stringify(model)},"store":false,`;
  const tail = streaming ? ',"stream":true}' : '}';
  return (said, outputTokens) => {
    const { system, messages } = apart(said);
    const instructions = system === undefined ? '' : `"instructions":"${system}",`;
    return `${head}${instructions}"input":[${messages}],"max_output_tokens":${outputTokens}${tail}`;
  };
}

/** Anthropic's messages. */
export function messagesBodyWriter({ model, streaming }: BodyOptions): TextBodyWriter {
  const head = `{"model":${JSON.stringify(model)},`;
  const tail = streaming ? ',"stream":true}' : '}';
  return (said, outputTokens) => {
    const { system, messages } = apart(said);
    const instructions = system === undefined ? '' : `"system":"${system}",`;
    return `${head}${instructions}"messages":[${messages}],"max_tokens":${outputTokens}${tail}`;
  };
}
