/** Programs that call functions (`programmatic_tool_calling`) in responses. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../src/server/index.js';
import { type Answered, asksOf, type Item, kinds } from '../support/responses.js';
import { startTestServer } from '../support/server.js';
import { expectError } from '../support/spec.js';

let server: RunningServer;
beforeAll(async () => {
  server = await startTestServer({ threads: 1 });
});
afterAll(() => server.close());

const { post, respond, stream } = asksOf(() => server.url);

const PROGRAMS = { type: 'programmatic_tool_calling' };
const tool = (name: string, property: string, callers?: string[]) => ({
  type: 'function',
  name,
  parameters: { type: 'object', properties: { [property]: { type: 'string' } }, required: [property] },
  ...(callers && { allowed_callers: callers }),
});
const TOOLS = [
  PROGRAMS,
  tool('get_weather', 'city', ['programmatic']),
  tool('get_population', 'city', ['direct', 'programmatic']),
  tool('send_letter', 'to'),
];
const ASKED = { input: 'What are the weather and the population of Paris?', tools: TOOLS };
const outputs = (items: readonly Item[], output: (call: Item) => string): object[] =>
  items
    .filter(({ type }) => type === 'function_call')
    .map((call) => ({ type: 'function_call_output', call_id: call.call_id, output: output(call) }));

describe('programmatic_tool_calling', () => {
  it('has a program call the functions that it may, and says what it came to', async () => {
    const { output } = await stream(ASKED);
    expect(kinds(output)).toEqual(['program', 'function_call', 'function_call']);
    const [program, ...calls] = output as [Item & { code: string; fingerprint: string }, ...Item[]];
    expect(calls.map(({ name }) => name)).toEqual(['get_weather', 'get_population']);
    for (const { name, arguments: text, caller } of calls) {
      expect(caller).toEqual({ type: 'program', caller_id: program.call_id });
      expect(program.code).toContain(`tools.${String(name)}(${String(text)})`);
    }
    const first = await respond(ASKED);
    const next = await respond({
      previous_response_id: first.id,
      input: outputs(first.output, ({ name }) => (name === 'get_weather' ? '{"sky":"grey"}' : 'many')),
      tools: TOOLS,
    });
    expect(kinds(next.output)).toEqual(['program_output', 'message']);
    expect(next.output[0]).toMatchObject({
      call_id: first.output[0]!.call_id,
      status: 'completed',
      result: '[{"sky":"grey"},"many"]',
    });
    // The model has read it, and it can be gone on from.
    const last = await respond({ previous_response_id: next.id, input: 'Thank you.', tools: TOOLS });
    expect(kinds(last.output)).toEqual(['message']);
  });

  it('works without state, and takes programs back only as they were', async () => {
    const first = await respond({ ...ASKED, store: false });
    const sent = outputs(first.output, () => 'x');
    const asked = { role: 'user', content: ASKED.input };
    const again = (program: object): object => ({
      input: [asked, program, ...first.output.slice(1), ...sent],
      tools: TOOLS,
      store: false,
    });
    expect(kinds((await respond({ ...again(first.output[0]!) })).output)).toEqual([
      'program_output',
      'message',
    ]);
    const changed = { ...first.output[0]!, code: 'text("mine")' };
    await expectError(await post({ ...again(changed) }), 400, { param: 'input', code: 'invalid_value' });
  });

  it('is forced by a choice, and left alone where another tool is meant', async () => {
    const forced = await respond({ ...ASKED, input: 'Hi', tool_choice: PROGRAMS });
    expect(kinds(forced.output)).toEqual(['program', 'function_call']);
    const named: Answered = await respond({
      ...ASKED,
      tool_choice: { type: 'function', name: 'get_population' },
    });
    expect(named.output).toMatchObject([{ type: 'function_call', name: 'get_population' }]);
    expect(named.output[0]).not.toHaveProperty('caller');
    const letter = await respond({ ...ASKED, input: 'Send a letter' });
    expect(letter.output).toMatchObject([{ type: 'function_call', name: 'send_letter' }]);
    expect(kinds((await respond({ ...ASKED, tool_choice: 'none' })).output)).toEqual(['message']);
    const single = await respond({ ...ASKED, parallel_tool_calls: false });
    expect(kinds(single.output)).toEqual(['program', 'function_call']);
  });
});
