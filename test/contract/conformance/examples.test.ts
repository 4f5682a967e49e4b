/** The requests that OpenAI's specification shows are answered; where they name what only their author had, it is said what. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { operations } from '../../support/spec.js';
import { useServer } from '../../support/use-server.js';

const used = useServer({ model: [], threads: 1 });

interface Shown {
  operationId: string;
  title: string;
  body: Record<string, unknown>;
}

const file = new URL('../../spec/examples/bodies.json', import.meta.url);
const ALL = JSON.parse(readFileSync(file, 'utf8')) as Shown[];

/** Requests that the specification itself does not allow, and why. */
const WRONG: Readonly<Record<string, string>> = {
  'createChatCompletion Image input': 'has max_tokens, which its model does not take',
  createVectorStoreFileBatch: 'has a chunking strategy without its name',
  CreateChatSessionMethod: 'says when it ends with a number',
};

/** What stands for a model of the reader\u2019s choice. */
const MODELS: Readonly<Record<string, string>> = {
  VAR_chat_model_id: 'gpt-4o',
  VAR_completion_model_id: 'gpt-3.5-turbo-instruct',
};

/** Ids as they could have been given out, of each kind. */
const IDS: Readonly<Record<string, string>> = {
  assistant_id: 'asst_1', container_id: 'cntr_1', conversation_id: 'conv_1', file_id: 'file-1', message_id: 'msg_1',
  response_id: 'resp_1', run_id: 'run_1', thread_id: 'thread_1', vector_store_id: 'vs_1', batch_id: 'vsfb_1',
}; // prettier-ignore

it.each(ALL.map((one) => [`${one.operationId} ${one.title}`.trim(), one] as const))(
  '%s',
  async (name, { operationId, body }) => {
    const named: string[] = [];
    const path = operations.get(operationId)!.path.replaceAll(/\{(\w+)\}/g, (_, parameter: string) => {
      named.push(IDS[parameter] ?? `${parameter}_1`);
      return named.at(-1)!;
    });
    const text = JSON.stringify(body).replaceAll(/VAR_\w+/g, (one) => MODELS[one]!);
    const response = await fetch(`${used.server.url}/v1${path}`, { method: 'POST', body: text });
    const said = await response.text();
    if (name in WRONG) {
      expect(response.status, said).toBe(400);
      return;
    }
    if (response.ok) return;
    expect([400, 404], said).toContain(response.status);
    const { message } = (JSON.parse(said) as { error: { message: string } }).error;
    const ids = [...text.matchAll(/"([a-z]+[-_]\w{3,})"/g)].map(([, id]) => id!);
    expect(
      [...named, ...ids].some((id) => message.includes(id)),
      message,
    ).toBe(true);
  },
);
