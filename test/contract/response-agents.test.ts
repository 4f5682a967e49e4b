/** Tools that a model searches for, namespaces of tools, and contexts that agents have compacted. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../src/server/index.js';
import { asksOf, type Fields, type Item, kinds, type Message, toldOf } from '../support/responses.js';
import { startTestServer } from '../support/server.js';
import { expectAnswer, expectError, expectEvents } from '../support/spec.js';

let server: RunningServer;
beforeAll(async () => {
  server = await startTestServer({ threads: 1 });
});
afterAll(() => server.close());

const { post, respond, stream } = asksOf(() => server.url);

const fn = (name: string, description: string, more: Fields = {}): Fields => ({
  type: 'function',
  name,
  description,
  parameters: { type: 'object', properties: { customer_id: { type: 'string' } }, required: ['customer_id'] },
  ...more,
});
const crm = (deferred: boolean): Fields => ({
  type: 'namespace',
  name: 'crm',
  description: 'Customers and their orders',
  tools: [
    fn('list_open_orders', 'List the open orders of a customer', { defer_loading: deferred }),
    fn('get_profile', 'The profile of a customer', { defer_loading: deferred }),
  ],
});
const ASK = { input: 'List the open orders of customer C-1' };
const search = { type: 'tool_search' };

describe('namespaces', () => {
  it('calls say which one their tool is of', async () => {
    const { events, output } = await stream({ ...ASK, tools: [crm(false)] });
    expect(output).toMatchObject([{ type: 'function_call', namespace: 'crm', name: 'list_open_orders' }]);
    expect(toldOf(events, 0)).toEqual([
      'output_item.added',
      'function_call_arguments.delta',
      'function_call_arguments.done',
      'output_item.done',
    ]);
    const custom = { ...crm(false), tools: [{ type: 'custom', name: 'orders' }] };
    const called = await respond({ ...ASK, tools: [custom] });
    expect(called.output).toMatchObject([{ type: 'custom_tool_call', namespace: 'crm', name: 'orders' }]);
  });

  it('a tool of one can be chosen, and errors name its place', async () => {
    const choice = { type: 'function', name: 'get_profile' };
    const { output } = await respond({ input: 'Hello', tools: [crm(false)], tool_choice: choice });
    expect(output).toMatchObject([{ namespace: 'crm', name: 'get_profile' }]);
    const bad = { ...crm(false), tools: [{ type: 'function', name: 'a b' }] };
    await expectError(await post({ ...ASK, tools: [bad] }), 400, { param: 'tools[0].tools[0].name' });
  });
});

describe('tool search of the server', () => {
  it('loads what the words call for, and calls it', async () => {
    const { events, output } = await stream({ ...ASK, tools: [crm(true), search] });
    expect(kinds(output)).toEqual(['tool_search_call', 'tool_search_output', 'function_call']);
    expect(output[0]).toMatchObject({ execution: 'server', call_id: null, arguments: { paths: ['crm'] } });
    const [{ tools }] = [output[1] as unknown as { tools: [{ name: string; tools: { name: string }[] }] }];
    expect(tools[0].name).toBe('crm');
    expect(tools[0].tools.map(({ name }) => name)).toContain('list_open_orders');
    expect(output[2]).toMatchObject({ namespace: 'crm', name: 'list_open_orders' });
    expect(toldOf(events, 1)).toEqual(['output_item.added', 'output_item.done']);
  });

  it('does not search again for what was loaded', async () => {
    const tools = [crm(true), search];
    const first = await respond({ ...ASK, tools });
    const call = first.output.at(-1)!;
    const next = await respond({
      tools,
      previous_response_id: first.id,
      input: [
        { type: 'function_call_output', call_id: call.call_id, output: '[]' },
        { role: 'user', content: 'List the open orders of customer C-2' },
      ],
    });
    expect(kinds(next.output)).toEqual(['function_call']);
  });

  it('shows the prompt what a tool is for, and no more', async () => {
    const long = { ...fn('orders_of', 'Orders'), parameters: manyProperties(60) };
    const tokens = async (tools: Fields[]): Promise<number> =>
      (await respond({ input: 'Hello', tools })).usage!.input_tokens;
    const [known, deferred] = [
      await tokens([long]),
      await tokens([{ ...long, defer_loading: true }, search]),
    ];
    expect(deferred).toBeLessThan(known / 3);
    const loaded = await respond({
      input: 'Show the orders',
      tools: [{ ...long, defer_loading: true }, search],
    });
    expect(kinds(loaded.output)).toContain('function_call');
    expect(loaded.usage!.input_tokens).toBeGreaterThan(deferred + 100);
  });

  it('finds servers too, and says where a tool cannot be searched for', async () => {
    const mcp = {
      type: 'mcp',
      server_label: 'shipments',
      server_url: 'https://shipments.example.com/mcp',
      allowed_tools: ['track_shipment'],
      require_approval: 'never',
      defer_loading: true,
      authorization: 'secret',
    };
    const response = await respond({ input: 'Please track the shipment 12', tools: [mcp, search] });
    expect(kinds(response.output)).toEqual([
      'mcp_list_tools',
      'tool_search_call',
      'tool_search_output',
      'mcp_call',
      'message',
    ]);
    expect(JSON.stringify(response)).not.toContain('secret');
    await expectError(await post({ ...ASK, tools: [crm(true)] }), 400, { param: 'tools[0].defer_loading' });
  });
});

describe('tool search of the client', () => {
  const clientSearch = {
    type: 'tool_search',
    execution: 'client',
    description: 'Find the tools that are needed',
    parameters: { type: 'object', properties: { goal: { type: 'string' } }, required: ['goal'] },
  };

  it('is asked for, and what it brings is called', async () => {
    const { output, events } = await stream({
      input: 'Get the shipping time of order 42',
      tools: [clientSearch],
    });
    expect(output).toMatchObject([{ type: 'tool_search_call', execution: 'client', status: 'completed' }]);
    const [{ call_id: id, arguments: given }] = output as [Item & { arguments: Fields }];
    expect(Object.keys(given)).toEqual(['goal']);
    expect(toldOf(events, 0)).toEqual(['output_item.added', 'output_item.done']);
    const brought = {
      type: 'tool_search_output',
      execution: 'client',
      call_id: id,
      tools: [fn('get_shipping_time', 'The shipping time of an order', { defer_loading: true })],
    };
    const input = [{ role: 'user', content: 'Get the shipping time of order 42' }, output[0]!, brought];
    const next = await respond({ input, tools: [clientSearch] });
    expect(next.output).toMatchObject([{ type: 'function_call', name: 'get_shipping_time' }]);
    await expectAnswer('listInputItems', await fetch(`${server.url}/v1/responses/${next.id}/input_items`));
    const open = await post({ input: input.slice(0, 2), tools: [clientSearch] });
    expect(await open.text()).toContain(`No tool output found for tool search call ${id!}`);
  });

  it('takes tools that the developer brings in an item', async () => {
    const item = { type: 'additional_tools', role: 'developer', tools: [fn('get_orders', 'The orders')] };
    const input = [item, { role: 'user', content: 'Get my orders' }];
    expect((await respond({ input })).output).toMatchObject([{ type: 'function_call', name: 'get_orders' }]);
    const bad = { ...item, tools: [{ type: 'function' }] };
    await expectError(await post({ input: [bad] }), 400, { param: 'input[0].tools[0].name' });
  });
});

describe('compaction_trigger', () => {
  const said = [
    { role: 'user', content: 'The capital of Elbonia is Mudville.' },
    { role: 'assistant', content: 'I see.' },
  ];
  const trigger = { type: 'compaction_trigger' };

  it('has the context compacted, and nothing said', async () => {
    const { events, output } = await stream({ input: [...said, trigger] });
    expect(kinds(output)).toEqual(['compaction']);
    expect(toldOf(events, 0)).toEqual(['output_item.added', 'output_item.done']);
    const whole = await respond({ input: [...said, trigger], store: false });
    expect(kinds(whole.output)).toEqual(['compaction']);
    expect(whole.usage!.output_tokens).toBeGreaterThan(0);
    const next = await respond({ input: [whole.output[0]!, { role: 'user', content: 'And?' }] });
    expect(kinds(next.output)).toEqual(['message']);
    await expectError(await post({ input: [trigger, ...said] }), 400, { param: 'input[0]' });
  });

  it('can be gone on from, also in the background', async () => {
    const first = await respond({ input: [...said, trigger] });
    const next = await respond({ input: 'And?', previous_response_id: first.id });
    const alone = await respond({ input: [first.output[0]!, { role: 'user', content: 'And?' }] });
    expect(next.usage!.input_tokens).toBe(alone.usage!.input_tokens);
    const events = await expectEvents(
      'createResponse',
      await post({ input: [...said, trigger], background: true, stream: true }),
    );
    expect(events.at(-1)).toMatchObject({
      type: 'response.completed',
      response: { output: [{ type: 'compaction' }] },
    });
  });
});

describe('servers that cannot be reached', () => {
  const mcp = { type: 'mcp', server_label: 'gone', server_url: 'https://mcp.gone.invalid/sse' };

  it('fail the response, at once or in its stream', async () => {
    const error = await expectError(await post({ input: 'Hello', tools: [mcp] }), 424, {
      type: 'external_connector_error',
      param: 'tools',
      code: 'http_error',
    });
    expect(error.message).toContain("'gone'");
    const { events } = await stream({ input: 'Hello', tools: [mcp] });
    expect(toldOf(events, 0)).toEqual([
      'output_item.added',
      'mcp_list_tools.in_progress',
      'mcp_list_tools.failed',
      'output_item.done',
    ]);
    expect(events.at(-1)).toMatchObject({
      type: 'response.failed',
      response: { status: 'failed', error: { code: 'server_error' } },
    });
  });

  it('tools of theirs can fail', async () => {
    const tools = [
      {
        ...mcp,
        server_url: 'https://mcp.example.com',
        allowed_tools: ['fail_loudly'],
        require_approval: 'never',
      },
    ];
    const { events, output } = await stream({ input: 'Fail loudly', tools });
    expect(output[1]).toMatchObject({ type: 'mcp_call', status: 'failed', output: null });
    expect(toldOf(events, 1)).toContain('mcp_call.failed');
    expect((output[2] as Message).content[0]!.text).not.toBe('');
  });

  it('those that do not say which tools they allow have what servers for searching have', async () => {
    const tools = [{ ...mcp, server_url: 'https://mcp.example.com', require_approval: 'never' }];
    const { output } = await respond({ input: 'What is new in the wiki?', tools });
    expect(output[0]).toMatchObject({
      type: 'mcp_list_tools',
      tools: [{ name: 'search' }, { name: 'fetch' }],
    });
    expect(output[1]).toMatchObject({
      type: 'mcp_call',
      name: 'search',
      arguments: '{"query":"What is new in the wiki?"}',
    });
    expect(JSON.parse((output[1] as Item & { output: string }).output)).toHaveProperty('results');
  });
});

const manyProperties = (count: number): Fields => ({
  type: 'object',
  properties: Object.fromEntries(
    Array.from({ length: count }, (_, i) => [
      `field_${i}`,
      { type: 'string', description: `The ${i}th field` },
    ]),
  ),
});
