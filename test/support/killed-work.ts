/** Work that a server may be killed in the middle of: how to begin each kind, and what has to be true of it afterwards. */
import { isDeepStrictEqual } from 'node:util';
import type OpenAI from 'openai';
import { toFile } from 'openai';
import { expect } from 'vitest';
import type { Random } from '../../src/lib/random.js';
import { chatLine, createBatch, linesOf } from './batches.js';

/** What was acknowledged. */
export interface Acknowledged {
  /** True of the next server at once. */
  now?: (openai: OpenAI) => Promise<void>;
  /** True in the end. */
  end?: (openai: OpenAI) => Promise<void>;
}

/**
 * Begins something; resolves when that is acknowledged.
 *
 * @param promise - takes what has to be true in any case
 */
export type Begin = (
  openai: OpenAI,
  random: Random,
  promise: (given: Acknowledged) => void,
) => Promise<Acknowledged>;

/** Bytes that their name tells. */
function contentOf(name: string): Buffer {
  const [, seed, bytes] = /^f-(\d+)-(\d+)\.jsonl$/.exec(name)!;
  return Buffer.alloc(Number(bytes), `<${seed}>`);
}

const newName = (random: Random, minBytes: number, more: number): string =>
  `f-${random.int(1e9)}-${minBytes + random.int(more)}.jsonl`;

/** Whether a file has all its bytes. */
export async function expectFile(openai: OpenAI, id: string, name: string): Promise<void> {
  const bytes = Buffer.from(await (await openai.files.content(id)).arrayBuffer());
  expect(`${name}: ${bytes.equals(contentOf(name)) ? 'whole' : `${bytes.length} bytes`}`).toBe(
    `${name}: whole`,
  );
}

const file: Begin = async (openai, random) => {
  const name = newName(random, 2_000_000, 3_000_000);
  const { id } = await openai.files.create({ file: await toFile(contentOf(name), name), purpose: 'batch' });
  return { now: (later) => expectFile(later, id, name) };
};

const upload: Begin = async (openai, random) => {
  const name = newName(random, 3_000_000, 1_000_000);
  const content = contentOf(name);
  const { id } = await openai.uploads.create({
    filename: name,
    purpose: 'batch',
    bytes: content.length,
    mime_type: 'text/jsonl',
  });
  const ids: string[] = [];
  for (const part of [content.subarray(0, 1_500_000), content.subarray(1_500_000)])
    ids.push((await openai.uploads.parts.create(id, { data: await toFile(part, 'part') })).id);
  const done = await openai.uploads.complete(id, { part_ids: ids });
  return { now: (later) => expectFile(later, done.file!.id, name) };
};

const batch: Begin = async (openai) => {
  const ids = Array.from({ length: 15 }, (_, i) => `line-${i}`);
  const begun = await createBatch(
    openai,
    ids.map((id) => chatLine(id)),
  );
  return {
    end: async (later) => {
      const over = await until(
        () => later.batches.retrieve(begun.id),
        ({ status }) => status === 'completed',
      );
      expect(over.request_counts).toEqual({ total: 15, completed: 15, failed: 0 });
      expect((await linesOf(later, over.output_file_id)).map((line) => line.custom_id)).toEqual(ids);
    },
  };
};

const EXAMPLE = '{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}\n';

const job: Begin = async (openai) => {
  const text = await toFile(Buffer.from(EXAMPLE.repeat(10)), 'a.jsonl');
  const training = await openai.files.create({ file: text, purpose: 'fine-tune' });
  const { id } = await openai.fineTuning.jobs.create({ model: 'fakeai-1', training_file: training.id });
  return {
    end: async (later) => {
      const over = await until(
        () => later.fineTuning.jobs.retrieve(id),
        ({ status }) => status === 'succeeded',
      );
      expect(over.result_files).toHaveLength(1);
    },
  };
};

const vectorStore: Begin = async (openai) => {
  const ids: string[] = [];
  for (const name of ['a.txt', 'b.txt'])
    ids.push(
      (
        await openai.files.create({
          file: await toFile(Buffer.from('ferry '.repeat(300)), name),
          purpose: 'assistants',
        })
      ).id,
    );
  const { id } = await openai.vectorStores.create({});
  const files = await openai.vectorStores.fileBatches.create(id, { file_ids: ids });
  return {
    end: async (later) => {
      const over = await until(
        () => later.vectorStores.fileBatches.retrieve(files.id, { vector_store_id: id }),
        ({ status }) => status === 'completed',
      );
      expect(over.file_counts).toMatchObject({ total: 2, completed: 2 });
      expect((await later.vectorStores.search(id, { query: 'ferry' })).data.length).toBeGreaterThan(0);
    },
  };
};

const response: Begin = async (openai, random) => {
  const input = `background ${random.int(1e9)}`;
  const { id } = await openai.responses.create({ model: 'fakeai-1', input, background: true });
  return {
    end: async (later) => {
      const over = await until(
        () => later.responses.retrieve(id),
        ({ status }) => status === 'completed',
      );
      expect(over.output_text).not.toBe('');
    },
  };
};

const completion: Begin = async (openai, random) => {
  const messages = [{ role: 'user' as const, content: `kept ${random.int(1e9)}` }];
  const made = await openai.chat.completions.create({
    model: 'fakeai-1',
    messages,
    store: true,
    max_tokens: 20,
  });
  return {
    now: async (later) =>
      expect((await later.chat.completions.retrieve(made.id)).choices[0]!.message.content).toBe(
        made.choices[0]!.message.content,
      ),
  };
};

const run: Begin = async (openai) => {
  const assistant = await openai.beta.assistants.create({ model: 'fakeai-1' });
  const messages = [{ role: 'user' as const, content: 'Hello' }];
  const begun = await openai.beta.threads.createAndRun({ assistant_id: assistant.id, thread: { messages } });
  return {
    end: async (later) => {
      await until(
        () => later.beta.threads.runs.retrieve(begun.id, { thread_id: begun.thread_id }),
        ({ status }) => status === 'completed',
      );
      const { data } = await later.beta.threads.messages.list(begun.thread_id);
      expect(data.map(({ role }) => role)).toEqual(['assistant', 'user']);
    },
  };
};

const video: Begin = async (openai) => {
  const { id } = await openai.videos.create({ model: 'sora-2', prompt: 'a ferry', seconds: '4' });
  return {
    end: async (later) => {
      await until(
        () => later.videos.retrieve(id),
        ({ status }) => status === 'completed',
      );
      expect((await (await later.videos.downloadContent(id)).arrayBuffer()).byteLength).toBeGreaterThan(100);
    },
  };
};

const evaluation: Begin = async (openai) => {
  const { id } = await openai.evals.create({
    data_source_config: { type: 'custom', item_schema: {} },
    testing_criteria: [
      { type: 'string_check', name: 'some', input: '{{sample.output_text}}', reference: '', operation: 'ne' },
    ],
  });
  const content = Array.from({ length: 8 }, (_, i) => ({ item: { q: `question ${i}` } }));
  const begun = await openai.evals.runs.create(id, {
    data_source: {
      type: 'completions',
      model: 'fakeai-1',
      input_messages: { type: 'template', template: [{ role: 'user', content: '{{item.q}}' }] },
      source: { type: 'file_content', content },
    },
  });
  return {
    end: async (later) => {
      const over = await until(
        () => later.evals.runs.retrieve(begun.id, { eval_id: id }),
        ({ status }) => status === 'completed',
      );
      expect(over.result_counts).toEqual({ total: 8, passed: 8, failed: 0, errored: 0 });
    },
  };
};

const containerFile: Begin = async (openai, random) => {
  const name = newName(random, 1_000_000, 2_000_000);
  const container = await openai.containers.create({ name: 'c' });
  const made = await openai.containers.files.create(container.id, {
    file: await toFile(contentOf(name), name),
  });
  return {
    now: async (later) => {
      const kept = await later.containers.files.content.retrieve(made.id, { container_id: container.id });
      expect(Buffer.from(await kept.arrayBuffer()).equals(contentOf(name))).toBe(true);
    },
  };
};

/** Whether it was acknowledged or not: sent again with its key it is made once. */
const keyed: Begin = async (openai, random, promise) => {
  const name = `keyed ${random.int(1e9)}`;
  const make = (client: OpenAI) =>
    client.vectorStores.create({ name }, { headers: { 'idempotency-key': name } });
  const once = {
    end: async (later: OpenAI) => {
      const { id } = await make(later);
      const made: string[] = [];
      for await (const store of later.vectorStores.list({ limit: 100 }))
        if (store.name === name) made.push(store.id);
      expect(made).toEqual([id]);
    },
  };
  promise(once);
  await make(openai);
  return {};
};

/** The same of an answer that cannot be read elsewhere: a list of what was made. */
const keyedItems: Begin = async (openai, random, promise) => {
  const { id } = await openai.conversations.create();
  const content = `keyed ${random.int(1e9)}`;
  const items = Array.from({ length: 3 }, () => ({ role: 'user' as const, content }));
  const make = (client: OpenAI) =>
    client.conversations.items.create(id, { items }, { headers: { 'idempotency-key': content } });
  const once = {
    end: async (later: OpenAI) => {
      const { data } = await make(later);
      const kept = await later.conversations.items.list(id, { order: 'asc' });
      expect(kept.data.map((item) => item.id)).toEqual(data.map((item) => item.id));
    },
  };
  promise(once);
  await make(openai);
  return {};
};

/** Kinds of work. */
export const KINDS: readonly Begin[] = [
  keyed,
  keyedItems,
  file,
  upload,
  batch,
  job,
  vectorStore,
  response,
  completion,
  run,
  video,
  evaluation,
  containerFile,
];

/** Asks until something is so. */
export async function until<T>(ask: () => Promise<T>, isSo: (value: T) => boolean): Promise<T> {
  let last: T | undefined;
  await expect
    .poll(
      async () => {
        const value = await ask();
        const same = isDeepStrictEqual(value, last);
        last = value;
        return isSo(value) || (same ? 'as before' : value);
      },
      { timeout: 60_000, interval: 50 },
    )
    .toBe(true);
  return last!;
}
