/** More work that a server may be killed in the middle of: streams of the background, runs that wait for their client, batches of Anthropic's. */
import type OpenAI from 'openai';
import { expect } from 'vitest';
import { type Begin, until } from './killed-work.js';

/** A client that has seen a part of a background response's stream sees the rest of it: nothing twice, nothing left out. */
export const backgroundStream: Begin = async (openai, random) => {
  const input = `streamed ${random.int(1e9)}`;
  const stream = await openai.responses.create({ model: 'fakeai-1', input, background: true, stream: true });
  let id = '';
  let seen = -1;
  let text = '';
  for await (const event of stream) {
    if (event.type === 'response.created') id = event.response.id;
    if (event.type === 'response.output_text.delta') text += event.delta;
    seen = event.sequence_number;
    if (seen > 5) break;
  }
  stream.controller.abort();
  return {
    end: async (later) => {
      let whole = text;
      let last = '';
      let expected = seen + 1;
      for await (const event of await later.responses.retrieve(id, { stream: true, starting_after: seen })) {
        expect(event.sequence_number).toBe(expected++);
        if (event.type === 'response.output_text.delta') whole += event.delta;
        last = event.type;
      }
      expect(last).toBe('response.completed');
      expect(whole).toBe((await later.responses.retrieve(id)).output_text);
    },
  };
};

/** A run that waits for results of tools waits on, and goes on with them. */
export const waitingRun: Begin = async (openai) => {
  const assistant = await openai.beta.assistants.create({
    model: 'fakeai-1',
    tools: [{ type: 'function', function: { name: 'look_up' } }],
  });
  const begun = await openai.beta.threads.createAndRun({
    assistant_id: assistant.id,
    thread: { messages: [{ role: 'user', content: 'Look it up.' }] },
    tool_choice: 'required',
  });
  const at = { thread_id: begun.thread_id };
  return {
    end: async (later) => {
      const waiting = await until(
        () => later.beta.threads.runs.retrieve(begun.id, at),
        ({ status }) => status === 'requires_action',
      );
      const calls = waiting.required_action!.submit_tool_outputs.tool_calls;
      await later.beta.threads.runs.submitToolOutputs(begun.id, {
        ...at,
        tool_outputs: calls.map((call) => ({ tool_call_id: call.id, output: 'found' })),
      });
      await until(
        () => later.beta.threads.runs.retrieve(begun.id, at),
        ({ status }) => status === 'completed' || status === 'requires_action',
      );
    },
  };
};

interface MessageBatch {
  id: string;
  processing_status: string;
  request_counts: { succeeded: number };
}

const headers = { 'x-api-key': 'any', 'anthropic-version': '2023-06-01', 'content-type': 'application/json' };
const messages = (client: OpenAI): string => `${client.baseURL}/messages/batches`;

/** A batch of Anthropic's Messages. */
export const messageBatch: Begin = async (openai) => {
  const params = { model: 'fakeai-1', max_tokens: 5, messages: [{ role: 'user', content: 'Hi' }] };
  const requests = Array.from({ length: 6 }, (_, i) => ({ custom_id: `r-${i}`, params }));
  const sent = { method: 'POST', headers, body: JSON.stringify({ requests }) };
  const { id } = (await (await fetch(messages(openai), sent)).json()) as MessageBatch;
  return {
    end: async (later) => {
      const over = await until(
        async () => (await (await fetch(`${messages(later)}/${id}`, { headers })).json()) as MessageBatch,
        (batch) => batch.processing_status === 'ended',
      );
      expect(over.request_counts.succeeded).toBe(6);
      const results = await (await fetch(`${messages(later)}/${id}/results`, { headers })).text();
      expect(results.trim().split('\n')).toHaveLength(6);
    },
  };
};
