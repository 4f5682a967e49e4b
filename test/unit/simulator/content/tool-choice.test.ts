/** Which tools are called, by what the user says. */
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../src/lib/random.js';
import { chooseTools, type ToolSpec } from '../../../../src/simulator/content/tool-choice.js';

const named = (name: string, description = ''): ToolSpec => ({ type: 'function', name, description });
const chosen = (tools: ToolSpec[], text: string): string[] =>
  chooseTools(tools, 'auto', true, text, false, createRandom(0, 'tools')).map(({ name }) => name);

describe('chooseTools', () => {
  it.each([
    ['add', 'Add the numbers 3 and 4'],
    ['run_sql', 'Which SQL is slow?'],
    ['send_sms', 'Tell Ann by SMS that I am late'],
    ['buyStock', 'Buy ten shares'],
    ['add', 'Adding 3 and 4'],
    ['compare_prices', 'comparing a price'],
    ['run_tests', 'It is running late'],
    ['list_cities', 'A city'],
    ['get_weather', 'What is the weather like?'],
  ])('calls %s for "%s"', (name, text) => {
    expect(chosen([named(name), named('order_pizza')], text)).toEqual([name]);
  });

  it.each([
    ['get_weather', 'How do I get there?'],
    ['set_alarm', 'Put the set on the table'],
    ['say_hi', 'hi'],
    ['who_is_it', 'Who can it be? You are the one and all that is new.'],
  ])('does not call %s for "%s"', (name, text) => {
    expect(chosen([named(name)], text)).toEqual([]);
  });

  it('takes short words of descriptions for chance', () => {
    expect(chosen([named('x', 'Pay for the bus with a tax')], 'Pay the tax for the bus')).toEqual([]);
    expect(chosen([named('x', 'Compares prices of trains')], 'Compare the price')).toEqual(['x']);
  });
});
