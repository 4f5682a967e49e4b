/** PDF files and documents of offices in chats and responses: their words count and are quoted, and pages are seen. */
import OpenAI from 'openai';
import { expect, it } from 'vitest';
import { archiveOf, pdfOf } from '../support/documents.js';
import { asksOf, type Message } from '../support/responses.js';
import { postChat } from '../support/server.js';
import { useServer } from '../support/use-server.js';
import { expectAnswer } from '../support/spec.js';

const used = useServer({ threads: 1 });

const { respond } = asksOf(() => used.server.url);

const FACT = 'The invoice of Elbonia is due in March.';
const WORDS = 'Turnips are blue. '.repeat(50);
const QUESTION = 'When is the invoice of Elbonia due?';
const url = (bytes: Buffer, type = 'application/pdf'): string =>
  `data:${type};base64,${bytes.toString('base64')}`;
const docx = archiveOf({ 'word/document.xml': `<w:p>${WORDS}</w:p><w:p>${FACT}</w:p>` });
const DOCX = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';

const inputTokens = async (...files: object[]): Promise<number> => {
  const content = [
    ...files.map((file) => ({ type: 'input_file', ...file })),
    { type: 'input_text', text: 'Hello' },
  ];
  return (await respond({ input: [{ role: 'user', content }] })).usage!.input_tokens;
};

it('words of a PDF count beside the pictures of its pages', async () => {
  const none = await inputTokens();
  const few = await inputTokens({ filename: 'a.pdf', file_data: url(pdfOf('Hello')) });
  const many = await inputTokens({ filename: 'a.pdf', file_data: url(pdfOf('Turnips are blue and round.')) });
  const pages = await inputTokens({ filename: 'a.pdf', file_data: url(pdfOf('Hello', '')) });
  const scan = await inputTokens({ filename: 'a.pdf', file_data: url(pdfOf('')) });
  const low = await inputTokens({ filename: 'a.pdf', file_data: url(pdfOf('Hello')), detail: 'low' });
  expect(many - few).toBe(6);
  expect(pages - few).toBe(scan - none);
  expect(scan - none).toBeGreaterThan(500);
  expect(low).toBeLessThan(few);
});

it('documents of offices are read by their names or their types, whether sent or uploaded', async () => {
  const none = await inputTokens();
  const named = await inputTokens({ filename: 'a.docx', file_data: url(docx, 'application/octet-stream') });
  const typed = await inputTokens({ file_data: url(docx, DOCX) });
  const file = await used.client.files.create({
    file: new File([new Uint8Array(docx)], 'a.docx'),
    purpose: 'user_data',
  });
  const stored = await inputTokens({ file_id: file.id });
  expect(named - none).toBeGreaterThan(200);
  expect([typed, stored]).toEqual([named, named]);
});

it('an answer quotes what the words are about', async () => {
  const part = { type: 'input_file', filename: 'invoices.pdf', file_data: url(pdfOf(WORDS, FACT)) };
  const ask = (text: string) => [{ role: 'user', content: [part, { type: 'input_text', text }] }];
  const { output } = await respond({ input: ask(QUESTION) });
  const said = `invoices.pdf says: "${FACT}"`;
  expect((output[0] as Message).content[0]!.text).toContain(said);
  const other = await respond({ input: ask('Hello') });
  expect((other.output[0] as Message).content[0]!.text).not.toContain('says');
  const content = [
    { type: 'file', file: { filename: 'invoices.pdf', file_data: part.file_data } },
    { type: 'text', text: QUESTION },
  ];
  const body = { model: 'fakeai-1', messages: [{ role: 'user', content }] };
  const chat = await expectAnswer<OpenAI.ChatCompletion>(
    'createChatCompletion',
    await postChat(used.server.url, body),
  );
  expect(chat.choices[0]!.message.content).toContain(said);
  const streamed = await used.client.chat.completions.create({
    ...body,
    stream: true,
  } as OpenAI.ChatCompletionCreateParamsStreaming);
  let text = '';
  for await (const { choices } of streamed) text += choices[0]?.delta.content ?? '';
  expect(text).toBe(chat.choices[0]!.message.content);
  expect(chat.usage!.completion_tokens).toBe(await tokensOf(text));
});

/** Tokens of a text, as the server counts them in a prompt. */
async function tokensOf(text: string): Promise<number> {
  const tokens = async (input: string) =>
    (await used.client.responses.inputTokens.count({ model: 'fakeai-1', input })).input_tokens;
  // Beside what a message takes, `a` is one.
  return (await tokens(text)) - (await tokens('a')) + 1;
}

it('what file_search finds counts in the prompt, and is quoted where it is cited', async () => {
  const file = await used.client.files.create({
    file: new File([`${WORDS}${FACT}`], 'facts.txt'),
    purpose: 'assistants',
  });
  const store = await used.client.vectorStores.create({ file_ids: [file.id] });
  await expect
    .poll(async () => (await used.client.vectorStores.retrieve(store.id)).file_counts.completed)
    .toBe(1);
  const tools = [{ type: 'file_search', vector_store_ids: [store.id] }];
  const input = `Search the files: ${QUESTION}`;
  const found = await respond({ input, tools });
  const without = await respond({ input, tools, tool_choice: 'none' });
  expect(found.usage!.input_tokens - without.usage!.input_tokens).toBeGreaterThan(200);
  const [part] = (found.output[1] as Message).content;
  const quoted = `According to facts.txt: "${FACT}"`;
  expect(part!.text).toContain(quoted);
  expect(part!.annotations).toMatchObject([
    { type: 'file_citation', filename: 'facts.txt', index: quoted.length },
  ]);
});
