/** Asks a server for responses, and holds whatever it answers against the specification. */
import type OpenAI from 'openai';
import { expect } from 'vitest';
import { expectAnswer, expectEvents } from './spec.js';

export type Fields = Record<string, unknown>;
export type Item = Fields & { type: string; id: string; call_id?: string };
export type Message = Item & { content: { type: string; text: string; annotations: Fields[] }[] };
export type Event = Fields & { type: string };
export type Answered = Omit<OpenAI.Responses.Response, 'output'> & { output: Item[] };

/** Requests of one server. */
export interface Asks {
  post: (body: Fields) => Promise<Response>;
  respond: (body: Fields) => Promise<Answered>;
  /** Events, each held against the specification, and the output at their end. */
  stream: (body: Fields) => Promise<{ events: Event[]; output: Item[] }>;
}

/** @param url - of the server, when it is known */
export function asksOf(url: () => string): Asks {
  const post = (body: Fields): Promise<Response> =>
    fetch(`${url()}/v1/responses`, {
      method: 'POST',
      body: JSON.stringify({ model: 'fakeai-1', ...body }),
    });
  return {
    post,
    respond: async (body) => (await expectAnswer('createResponse', await post(body))) as unknown as Answered,
    stream: async (body) => {
      const events = await expectEvents('createResponse', await post({ ...body, stream: true }));
      expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, i) => i));
      const { response } = events.at(-1) as unknown as { response: { output: Item[] } };
      const done = events.filter(({ type }) => type === 'response.output_item.done').map(({ item }) => item);
      expect(done).toEqual(response.output);
      return { events: events as Event[], output: response.output };
    },
  };
}

/** What is told of one item, without runs of the same. */
export const toldOf = (events: readonly Event[], index: number): string[] =>
  events
    .filter((event) => event.output_index === index)
    .map(({ type }) => type.replace(/^response\./, ''))
    .filter((type, i, all) => type !== all[i - 1]);

export const kinds = (output: readonly Item[]): string[] => output.map(({ type }) => type);

/** The part of a message's text that an annotation is about. */
export const annotated = ({ content: [part] }: Message, index = 0): string => {
  const { start_index: start, end_index: end } = part!.annotations[index] as Record<string, number>;
  return part!.text.slice(start, end);
};
