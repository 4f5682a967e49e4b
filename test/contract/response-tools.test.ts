/** The tools that OpenAI names, in responses: those that the server runs, and those that the client does. */
import OpenAI from 'openai';
import { PNG } from 'pngjs';
import { describe, expect, it } from 'vitest';
import { startTestServer } from '../support/server.js';
import { useServer } from '../support/use-server.js';
import {
  annotated,
  type Answered,
  asksOf,
  type Fields,
  type Item,
  kinds,
  type Message,
  toldOf,
} from '../support/responses.js';
import { expectAnswer, expectError } from '../support/spec.js';

const used = useServer({ threads: 1 });

const { post, respond, stream } = asksOf(() => used.server.url);

describe('tools that the server runs', () => {
  it('image_generation draws a picture, which comes in parts', async () => {
    const tools = [{ type: 'image_generation', size: '1024x1536', quality: 'low', partial_images: 2 }];
    const { events, output } = await stream({ input: 'Draw a red fox', tools });
    expect(kinds(output)).toEqual(['image_generation_call', 'message']);
    const [made] = output as [Item & { result: string }];
    const picture = PNG.sync.read(Buffer.from(made.result, 'base64'));
    expect([picture.width, picture.height]).toEqual([1024, 1536]);
    expect(toldOf(events, 0)).toEqual([
      'output_item.added',
      'image_generation_call.in_progress',
      'image_generation_call.generating',
      'image_generation_call.partial_image',
      'image_generation_call.completed',
      'output_item.done',
    ]);
    const partials = events.filter(({ type }) => type.endsWith('partial_image'));
    expect(partials.map((event) => event.partial_image_index)).toEqual([0, 1]);
    for (const { partial_image_b64: b64 } of partials) {
      expect(PNG.sync.read(Buffer.from(b64 as string, 'base64')).width).toBe(1024);
      expect(b64).not.toBe(made.result);
    }
    // It is read again, as an image.
    const asked = { role: 'user', content: 'And now?' };
    const { usage } = await respond({ input: [made, asked], store: false });
    expect(usage!.input_tokens).toBeGreaterThan(500);
    const bad = await post({
      input: 'x',
      tools: [{ type: 'image_generation', size: '3x3' }],
      tool_choice: { type: 'image_generation' },
    });
    await expectError(bad, 400, { param: 'tools[0].size' });
  });

  it('image_generation takes the time of its steps', async () => {
    const slow = await startTestServer({ threads: 1, latency: 'fixed', ttft: 0, itl: 20, jitter: 0 });
    const other = new OpenAI({ baseURL: `${slow.url}/v1`, apiKey: 'x' });
    const begun = performance.now();
    await other.responses.create({
      model: 'fakeai-1',
      input: 'Draw',
      tools: [{ type: 'image_generation', quality: 'high' }],
      max_output_tokens: 16,
    });
    // Fifty steps cannot be done sooner than that.
    expect(performance.now() - begun).toBeGreaterThan(50 * 20);
    await slow.close();
  });

  it('file_search finds what is in the vector store, and refers to it', async () => {
    const file = await used.client.files.create({
      file: new File(['The capital of Elbonia is Mudville. Its king likes turnips.'], 'elbonia.txt'),
      purpose: 'assistants',
    });
    const other = await used.client.files.create({
      file: new File(['Bicycles have two wheels and one saddle.'], 'bicycles.txt'),
      purpose: 'assistants',
    });
    const store = await used.client.vectorStores.create({ file_ids: [file.id, other.id] });
    await expect
      .poll(async () => (await used.client.vectorStores.retrieve(store.id)).file_counts.completed)
      .toBe(2);
    const tools = [{ type: 'file_search', vector_store_ids: [store.id], max_num_results: 1 }];
    const body = { input: 'Find the capital of Elbonia', tools };
    const { events, output } = await stream({ ...body, include: ['file_search_call.results'] });
    const [search, message] = output as [
      Item & { results: Fields[] },
      Item & { content: { annotations: Fields[] }[] },
    ];
    expect(search.results).toHaveLength(1);
    expect(search.results[0]).toMatchObject({ file_id: file.id, filename: 'elbonia.txt' });
    expect(search.results[0]!.text).toContain('Mudville');
    expect(message.content[0]!.annotations).toMatchObject([
      { type: 'file_citation', file_id: file.id, filename: 'elbonia.txt' },
    ]);
    expect(toldOf(events, 0)).toEqual([
      'output_item.added',
      'file_search_call.in_progress',
      'file_search_call.searching',
      'file_search_call.completed',
      'output_item.done',
    ]);
    const without = await respond(body);
    expect(without.output[0]).toMatchObject({ type: 'file_search_call', results: null });
    // Nothing here names a file: what is found decides.
    const asked = await respond({ input: 'Who is king in Elbonia, and what does its king like?', tools });
    expect(asked.output.map(({ type }) => type)).toEqual(['file_search_call', 'message']);
    const chat = await respond({ input: 'Good morning!', tools });
    expect(chat.output.map(({ type }) => type)).toEqual(['message']);
    const wrong = [{ type: 'file_search', vector_store_ids: ['vs_none'] }];
    await expectError(await post({ ...body, tools: wrong }), 404, { param: 'tools[0].vector_store_ids[0]' });
  });

  it('code_interpreter computes arithmetic, in a container that can be asked for', async () => {
    const tools = [{ type: 'code_interpreter', container: { type: 'auto' } }];
    const body = { input: 'Compute 12 * (34 + 5)', tools, include: ['code_interpreter_call.outputs'] };
    const first = await respond(body);
    expect(first.output[0]).toMatchObject({
      code: 'print(12 * (34 + 5))',
      outputs: [{ type: 'logs', logs: '468\n' }],
    });
    const { container_id: id } = first.output[0] as unknown as { container_id: string };
    expect(await used.client.containers.retrieve(id)).toMatchObject({ id, status: 'running' });
    const next = await respond({ ...body, previous_response_id: first.id });
    expect(next.output[0]).toMatchObject({ container_id: id });
    await expectError(await post({ input: 'x', tools: [{ type: 'code_interpreter' }] }), 400, {
      param: 'tools[0].container',
    });
  });

  it('web_search names its sources, and max_tool_calls bounds calls', async () => {
    const tools = [{ type: 'web_search' }, { type: 'code_interpreter', container: { type: 'auto' } }];
    const body = { input: 'Search the news, then compute', tools };
    const { output } = await respond({ ...body, include: ['web_search_call.action.sources'] });
    const [search, , message] = output as [Item, Item, Message];
    const { action } = search as unknown as { action: { sources: { url: string }[] } };
    expect(action.sources).toHaveLength(4);
    for (const [i, annotation] of message.content[0]!.annotations.entries()) {
      expect(annotation).toMatchObject({ type: 'url_citation', url: action.sources[i]!.url });
      expect(annotated(message, i)).toContain(`](${action.sources[i]!.url})`);
    }
    expect(message.content[0]!.annotations).toHaveLength(2);
    expect(kinds((await respond({ ...body, max_tool_calls: 1 })).output)).toEqual([
      'web_search_call',
      'message',
    ]);
    expect(kinds((await respond({ ...body, tool_choice: 'none' })).output)).toEqual(['message']);
    const allowed = { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'code_interpreter' }] };
    expect(kinds((await respond({ ...body, tool_choice: allowed })).output)).toEqual([
      'code_interpreter_call',
      'message',
    ]);
  });

  it.each(['web_search', 'web_search_preview', 'web_search_2025_08_26'])(
    'search when %s is chosen',
    async (type) => {
      const tools = [{ type: 'web_search' }];
      // The specification has not all of these for answers: they come back as they were sent.
      const answer = await post({ input: 'Good morning.', tools, tool_choice: { type } });
      const { output } = (await answer.json()) as { output: Parameters<typeof kinds>[0] };
      expect(kinds(output)).toEqual(['web_search_call', 'message']);
    },
  );

  it('are not allowed by names that there are not', async () => {
    const tools = [
      { type: 'function', name: 'look', parameters: { type: 'object', properties: {} }, strict: false },
    ];
    const tool_choice = {
      type: 'allowed_tools',
      mode: 'required',
      tools: [{ type: 'function', name: 'peek' }],
    };
    const message = "Tool choice 'peek' not found in 'tools' parameter.";
    await expectError(await post({ input: 'Hi', tools, tool_choice }), 400, {
      param: 'tool_choice',
      message,
    });
  });
});

describe('tools of MCP servers', () => {
  const mcp = { type: 'mcp', server_label: 'shop', server_url: 'https://x', allowed_tools: ['find_order'] };
  const ask = { input: 'Find my order', tools: [mcp] };

  it('are called when the user agrees', async () => {
    const { events, output } = await stream(ask);
    expect(kinds(output)).toEqual(['mcp_list_tools', 'mcp_approval_request']);
    expect(toldOf(events, 1)).toEqual(['output_item.added', 'output_item.done']);
    const { id } = (events[0] as unknown as { response: Answered }).response;
    const respondTo = (approve: boolean) => ({
      previous_response_id: id,
      tools: [mcp],
      input: [{ type: 'mcp_approval_response', approval_request_id: output[1]!.id, approve }],
    });
    const yes = await stream(respondTo(true));
    expect(kinds(yes.output)).toEqual(['mcp_call', 'message']);
    expect(yes.output[0]).toMatchObject({
      server_label: 'shop',
      name: 'find_order',
      arguments: output[1]!.arguments,
      approval_request_id: output[1]!.id,
      status: 'completed',
    });
    expect(toldOf(yes.events, 0)).toEqual([
      'output_item.added',
      'mcp_call.in_progress',
      'mcp_call_arguments.delta',
      'mcp_call_arguments.done',
      'mcp_call.completed',
      'output_item.done',
    ]);
    expect(kinds((await respond(respondTo(false))).output)).toEqual(['message']);
    const nobody = [{ type: 'mcp_approval_response', approval_request_id: 'mcpr_x', approve: true }];
    await expectError(await post({ input: nobody, tools: [mcp] }), 400, { param: 'input' });
  });

  it('are called at once when that is so agreed, and when they are chosen', async () => {
    const free = { ...mcp, require_approval: { never: { tool_names: ['find_order'] } } };
    expect(kinds((await respond({ ...ask, tools: [free] })).output)).toEqual([
      'mcp_list_tools',
      'mcp_call',
      'message',
    ]);
    const chosen = { input: 'Hi', tools: [{ ...free, require_approval: 'never' }] };
    expect(kinds((await respond(chosen)).output)).toEqual(['mcp_list_tools', 'message']);
    const forced = { ...chosen, tool_choice: { type: 'mcp', server_label: 'shop', name: 'find_order' } };
    expect(kinds((await respond(forced)).output)).toEqual(['mcp_list_tools', 'mcp_call', 'message']);
    const nowhere = [{ type: 'mcp', server_label: 'shop' }];
    await expectError(await post({ input: 'x', tools: nowhere }), 400, { param: 'tools[0].server_url' });
  });
});

describe('tools that the client runs', () => {
  /** Goes on with the output of the only call. */
  const goOn = (tools: Fields[], response: Answered, output: Fields) =>
    respond({ previous_response_id: response.id, tools, input: [output] });

  it('shell runs commands that only look', async () => {
    const tools = [{ type: 'shell', environment: { type: 'local' } }];
    const body = { input: 'List the files of this directory', tools };
    const { events } = await stream(body);
    expect(toldOf(events, 0)).toEqual([
      'output_item.added',
      'shell_call_command.added',
      'shell_call_command.delta',
      'shell_call_command.done',
      'output_item.done',
    ]);
    const called = await respond(body);
    const [call] = called.output;
    expect(call).toMatchObject({ type: 'shell_call', action: { commands: ['ls -la'] }, status: 'completed' });
    const after = await goOn(tools, called, {
      type: 'shell_call_output',
      call_id: call!.call_id,
      output: [{ stdout: 'a.txt', stderr: '', outcome: { type: 'exit', exit_code: 0 } }],
    });
    expect(kinds(after.output)).toEqual(['message']);
    await expectAnswer(
      'listInputItems',
      await fetch(`${used.server.url}/v1/responses/${after.id}/input_items`),
    );
    const open = await post({ previous_response_id: called.id, input: 'And?' });
    expect(await open.text()).toContain(`No tool output found for shell call ${call!.call_id}`);
  });

  it('local_shell and apply_patch ask for what was named', async () => {
    const shell = await respond({ input: 'Show the file src/a.ts', tools: [{ type: 'local_shell' }] });
    expect(shell.output[0]).toMatchObject({
      type: 'local_shell_call',
      action: { type: 'exec', command: ['bash', '-lc', 'cat src/a.ts'] },
    });
    const { call_id: id } = shell.output[0]!;
    const output = { type: 'local_shell_call_output', id, call_id: id, output: 'x' };
    expect(kinds((await goOn([{ type: 'local_shell' }], shell, output)).output)).toEqual(['message']);
    const patch = [{ type: 'apply_patch' }];
    const patched = await respond({ input: 'Create the file notes/todo.md', tools: patch });
    expect(patched.output[0]).toMatchObject({
      type: 'apply_patch_call',
      operation: { type: 'create_file', path: 'notes/todo.md', diff: '+Create the file notes/todo.md\n' },
    });
    const done = {
      type: 'apply_patch_call_output',
      call_id: patched.output[0]!.call_id,
      status: 'completed',
    };
    expect(kinds((await goOn(patch, patched, done)).output)).toEqual(['message']);
    // Nothing outside of the working directory.
    const outside = await respond({ input: 'Write the file ../../etc/passwd.txt', tools: patch });
    expect((outside.output[0] as unknown as { operation: { path: string } }).operation.path).toBe('notes.md');
  });

  it('a computer is looked at, then clicked on', async () => {
    const preview = {
      type: 'computer_use_preview',
      environment: 'browser',
      display_width: 640,
      display_height: 480,
    };
    let response = await respond({
      input: 'Open the website and click',
      tools: [preview],
      truncation: 'auto',
    });
    expect(response.output[0]).toMatchObject({
      type: 'computer_call',
      action: { type: 'screenshot' },
      pending_safety_checks: [],
    });
    const shot = {
      type: 'computer_screenshot',
      image_url:
        'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABXvMqOgAAAABJRU5ErkJggg==',
    };
    const seen = (call: Item) => ({ type: 'computer_call_output', call_id: call.call_id, output: shot });
    response = await goOn([preview], response, seen(response.output[0]!));
    const { action } = response.output[0] as unknown as { action: { type: string; x: number; y: number } };
    expect(action.type).toBe('click');
    expect(action.x).toBeLessThan(640);
    expect(action.y).toBeLessThan(480);
    response = await goOn([preview], response, seen(response.output[0]!));
    expect(kinds(response.output)).toEqual(['message']);
    const general = await respond({
      input: 'Hi',
      tools: [{ type: 'computer' }],
      tool_choice: { type: 'computer' },
    });
    expect(general.output[0]).toMatchObject({ actions: [{ type: 'screenshot' }] });
    const sizeless = [{ type: 'computer_use_preview', environment: 'browser' }];
    await expectError(await post({ input: 'x', tools: sizeless }), 400, { param: 'tools[0].display_width' });
  });
});

describe('tools as answers show them', () => {
  const shown = async (...tools: object[]) => {
    const asked = { input: 'Hi', tools, tool_choice: 'none' };
    const answered = await expectAnswer<{ tools: object[] }>('createResponse', await post(asked));
    return answered.tools;
  };
  const location = { type: 'approximate', city: null, country: 'US', region: null, timezone: null };

  it('have what they were declared without', async () => {
    const [web, older, picture, note] = await shown(
      { type: 'web_search', user_location: { type: 'approximate', city: 'Lyon', country: 'FR' } },
      { type: 'web_search_preview' },
      { type: 'image_generation', size: '1024x1024' },
      { type: 'custom', name: 'note' },
    );
    const french = { ...location, city: 'Lyon', country: 'FR' };
    expect(web).toMatchObject({ filters: null, search_context_size: 'medium', user_location: french });
    expect(older).toMatchObject({ search_context_size: 'medium', user_location: location });
    expect(picture).toMatchObject({ size: '1024x1024', quality: 'auto', output_format: 'png' });
    expect(note).toEqual({ type: 'custom', name: 'note', format: { type: 'text' } });
  });

  it('say how files are searched', async () => {
    const store = await new OpenAI({ baseURL: `${used.server.url}/v1`, apiKey: 'x' }).vectorStores.create({});
    const search = { type: 'file_search', vector_store_ids: [store.id] };
    const defaults = { filters: null, max_num_results: 20 };
    const ranking = { ranker: 'auto', score_threshold: 0 };
    const ranked = { ...search, ranking_options: { score_threshold: 0.5 }, filters: null };
    expect(await shown(search, ranked)).toEqual([
      { ...search, ...defaults, ranking_options: ranking },
      { ...search, ...defaults, ranking_options: { ...ranking, score_threshold: 0.5 } },
    ]);
  });

  it('keep the secrets of servers, which can be in their paths', async () => {
    const server = { type: 'mcp', server_label: 'a' };
    const defaults = { allowed_tools: null, headers: null, require_approval: 'always' };
    const tools = await shown(
      { ...server, server_url: 'https://mcp.example.com/key/abc?x=y', headers: { a: 'b' } },
      { ...server, server_label: 'b', server_url: 'https://mcp.example.com/', require_approval: 'never' },
    );
    expect(tools).toEqual([
      { ...server, ...defaults, server_url: 'https://mcp.example.com/<redacted>' },
      { ...server, ...defaults, server_label: 'b', server_url: 'https://mcp.example.com/', require_approval: 'never' },
    ]); // prettier-ignore
  });
});
