/** Files by their ids, searches of the web, grammars and models that speak, in chat completions. */
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { postChat } from '../support/server.js';
import { useServer } from '../support/use-server.js';
import { expectAnswer, expectError, expectEvents } from '../support/spec.js';

type Completion = OpenAI.ChatCompletion;
type Chunk = OpenAI.ChatCompletionChunk;
type Annotated = { annotations?: OpenAI.ChatCompletionMessage.Annotation[] };

const used = useServer({ model: ['fakeai-1', 'gpt-4o', 'gpt-4o-search-preview', 'gpt-audio'] });

const say = (content: string) => [{ role: 'user', content }];
const chat = (body: object): Promise<Response> => postChat(used.server.url, { model: 'fakeai-1', ...body });
const answer = async (body: object): Promise<Completion> =>
  expectAnswer<Completion>('createChatCompletion', await chat(body));

describe('files', () => {
  const TEXT = 'All swans that were seen are white. '.repeat(40);
  const withFile = (file: object) => ({
    messages: [
      {
        role: 'user',
        content: [
          { type: 'file', file },
          { type: 'text', text: 'Why?' },
        ],
      },
    ],
  });
  const dataUrl = `data:text/plain;base64,${Buffer.from(TEXT).toString('base64')}`;

  it('are the same by their ids as with their data, in chats and in responses', async () => {
    const { id } = await used.client.files.create({
      file: new File([TEXT], 'swans.txt'),
      purpose: 'user_data',
    });
    const byData = await answer(withFile({ filename: 'swans.txt', file_data: dataUrl }));
    expect(byData.usage!.prompt_tokens).toBeGreaterThan(300);
    expect((await answer(withFile({ file_id: id }))).usage!.prompt_tokens).toBe(byData.usage!.prompt_tokens);
    const bare = dataUrl.slice(dataUrl.indexOf(',') + 1);
    expect((await answer(withFile({ file_data: bare }))).usage!.prompt_tokens).toBe(
      byData.usage!.prompt_tokens,
    );
    const respond = async (part: object) =>
      used.client.responses.create({
        model: 'fakeai-1',
        input: [{ role: 'user', content: [{ type: 'input_file', ...part }] }],
      });
    const one = await respond({ file_data: dataUrl, filename: 'swans.txt' });
    expect((await respond({ file_id: id })).usage!.input_tokens).toBe(one.usage!.input_tokens);
    const image = await used.client.files.create({
      file: new File([Buffer.from(PIXEL, 'base64')], 'x.png'),
      purpose: 'vision',
    });
    const seen = (part: object) =>
      used.client.responses.create({
        model: 'fakeai-1',
        input: [{ role: 'user', content: [{ type: 'input_image', detail: 'auto', ...part }] }] as never,
      });
    const { usage } = await seen({ image_url: `data:image/png;base64,${PIXEL}` });
    expect((await seen({ file_id: image.id })).usage!.input_tokens).toBe(usage!.input_tokens);
  });

  it('that are not there are refused by their place', async () => {
    const param = 'messages[0].content[0].file.file_id';
    await expectError(await chat(withFile({ file_id: 'file-none' })), 404, { param });
    await expectError(await chat(withFile({})), 400, { param });
  });
});

const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABXvMqOgAAAABJRU5ErkJggg==';

describe('web_search_options', () => {
  it.each([
    ['of models that search when asked', { model: 'fakeai-1', web_search_options: {} }],
    ['of models that always search', { model: 'gpt-4o-search-preview' }],
  ])('%s give citations, whole and streamed', async (_, body) => {
    const [choice] = (await answer({ messages: say('News?'), ...body })).choices;
    const [annotation] = choice!.message.annotations!;
    const { content } = choice!.message;
    const { url_citation: citation } = annotation!;
    expect(content!.slice(citation.start_index, citation.end_index)).toBe(citation.title);
    const streamed = await chat({ messages: say('News?'), ...body, stream: true });
    const chunks = (await expectEvents('createChatCompletion', streamed)) as unknown as Chunk[];
    const deltas = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta as Annotated));
    expect(deltas.flatMap(({ annotations }) => annotations ?? [])).toEqual([annotation]);
    expect(chunks.at(-1)!.choices[0]!.finish_reason).toBe('stop');
  });

  it('are refused by other models, and other things by models that search', async () => {
    const messages = say('x');
    await expectError(await chat({ model: 'gpt-4o', messages, web_search_options: {} }), 400, {
      param: 'web_search_options',
    });
    const searching = { model: 'gpt-4o-search-preview', messages };
    await expectError(await chat({ ...searching, temperature: 0.5 }), 400, { param: 'temperature' });
    await expectError(await chat({ ...searching, n: 2 }), 400, { param: 'n' });
    const size = { search_context_size: 'huge' };
    await expectError(await chat({ messages, web_search_options: size }), 400, {
      param: 'web_search_options.search_context_size',
    });
  });
});

describe('custom tools with grammars', () => {
  const tool = (syntax: string, definition: string) => ({
    messages: say('Query it'),
    tool_choice: 'required',
    tools: [
      {
        type: 'custom',
        custom: { name: 'query', format: { type: 'grammar', grammar: { syntax, definition } } },
      },
    ],
  });
  const LARK = `start: "select" COLUMN ("," COLUMN)* "from" TABLE
COLUMN: "a" | "b"
TABLE: /t[0-9]/
%import common.WS
%ignore WS`;

  it('in Lark are followed, in chats and in responses', async () => {
    const [choice] = (await answer(tool('lark', LARK))).choices;
    const [call] = choice!.message.tool_calls as OpenAI.ChatCompletionMessageCustomToolCall[];
    expect(call!.custom.input).toMatch(/^select [ab]( , [ab])* from t\d$/);
    const response = await used.client.responses.create({
      model: 'fakeai-1',
      input: 'Query it',
      tool_choice: 'required',
      tools: [
        { type: 'custom', name: 'query', format: { type: 'grammar', syntax: 'lark', definition: LARK } },
      ],
    });
    expect(response.output[0]).toMatchObject({
      type: 'custom_tool_call',
      input: expect.stringMatching(/^select [ab]( , [ab])* from t\d$/) as string,
    });
  });

  it('that cannot be followed are refused, and why', async () => {
    const refused = await chat(tool('lark', 'start: x'));
    const { message } = await expectError(refused, 400, {
      param: 'tools[0].custom.format.grammar.definition',
    });
    expect(message).toContain("'x' is used in 'start' and not defined");
    await expectError(await chat(tool('bnf', 'x')), 400, { param: 'tools[0].custom.format.grammar.syntax' });
  });
});

describe('models that speak', () => {
  it('want to hear, or to be heard', async () => {
    await expectError(await chat({ model: 'gpt-audio', messages: say('Hi') }), 400, { param: 'model' });
    const heard = { modalities: ['text', 'audio'], audio: { voice: 'alloy', format: 'wav' } };
    expect((await chat({ model: 'gpt-audio', messages: say('Hi'), ...heard })).status).toBe(200);
    await expectError(
      await chat({ model: 'gpt-audio', messages: say('Hi'), modalities: ['audio', 'text'] }),
      400,
      { param: 'audio' },
    );
  });
});
