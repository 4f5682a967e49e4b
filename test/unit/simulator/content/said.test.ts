import { expect, it } from 'vitest';
import { createRandom } from '../../../../src/lib/random.js';
import { generateValue } from '../../../../src/simulator/content/json/generate.js';
import { Said } from '../../../../src/simulator/content/json/said.js';
import { callsOf } from '../../../../src/simulator/content/tool-choice.js';

/** The value made for an object of these properties, all of them required. */
const made = (context: string, properties: Record<string, object>): unknown =>
  generateValue(
    { type: 'object', properties, required: Object.keys(properties), additionalProperties: false },
    { random: createRandom(1), context },
  );
const text = { type: 'string' };
const whole = { type: 'integer' };

it.each([
  ['Weather in Paris tomorrow for 3 people named Anna', { city: text, count: whole, name: text }, { city: 'Paris', count: 3, name: 'Anna' }],
  ['What is 12 times 30?', { a: whole, b: { type: 'number' } }, { a: 12, b: 30 }],
  ['Book a flight to Tokyo from New York on 2027-03-04', { origin: text, destination: text, date: text }, { origin: 'New York', destination: 'Tokyo', date: '2027-03-04' }],
  ['Is it warm in Lyon, France?', { city: text, country: text }, { city: 'Lyon', country: 'France' }],
  ['Mail bob.ray@example.org about "Quarterly review", see https://example.org/a?b=1.', { email: text, subject: text, link: { type: 'string', format: 'uri' } }, { email: 'bob.ray@example.org', subject: 'Quarterly review', link: 'https://example.org/a?b=1' }],
  ['On Monday we went to Oslo. Alice was there.', { person: text, place: text }, { person: 'Alice', place: 'Oslo' }],
  ['city=Bogotá', { location: text }, { location: 'Bogotá' }],
])('takes from %j what its properties ask for', (context, properties, wanted) => {
  expect(made(context, properties as Record<string, object>)).toEqual(wanted);
}); // prettier-ignore

it('fills a list with the people who were named, each once', () => {
  const participants = { type: 'array', items: text, minItems: 2, maxItems: 2 };
  expect(made('Alice and Bob go to a fair on Friday.', { participants })).toEqual({
    participants: ['Alice', 'Bob'],
  });
});

it('gives a list as many people or places as were named, and takes them before a plain name does', () => {
  const list = { type: 'array', items: text };
  const fair = made('Alice and Bob are going to a science fair on Friday.', {
    name: text,
    date: text,
    participants: list,
  });
  expect(fair).toMatchObject({ date: 'Friday', participants: ['Alice', 'Bob'] });
  expect((fair as { name: string }).name).not.toMatch(/Alice|Bob/);
  expect(made('We visit Lima, Oslo, Rome and Bern.', { cities: list })).toEqual({
    cities: ['Lima', 'Oslo', 'Rome', 'Bern'],
  });
  const person = { type: 'object', properties: { name: text }, required: ['name'] };
  expect(made('Ask Alice, Bob and Anna.', { attendees: { type: 'array', items: person } })).toEqual({
    attendees: [{ name: 'Alice' }, { name: 'Bob' }, { name: 'Anna' }],
  });
});

it('keeps what was named within the length that the schema allows', () => {
  expect(made('Weather in Paris', { city: { type: 'string', maxLength: 3 } })).toEqual({ city: 'Par' });
});

it('makes up what was not named', () => {
  const { city } = made('Hello there', { city: text }) as { city: string };
  expect(city).toMatch(/^[A-Z][a-z]+$/);
});

it.each([
  ['What is the weather in Paris, Tokyo and Lima?', 3],
  ['What is the weather in Paris and Bogotá?', 2],
  ['What is the weather in Oslo and in Rome?', 2],
  ['What is the weather in Oslo, in Rome and also in Lima?', 3],
  ['What is the weather in Oslo, and in Rome?', 2],
  ['The weather in Oslo, for the people from Rome', 1],
  ['Fly from Oslo and to Rome', 1],
  ['What is the weather in Paris, France?', 1],
  ['Fly from Paris to Tokyo', 1],
  ['Hello', 1],
])('counts the places of %j', (words, count) => {
  expect(new Said(words).placesInList).toBe(count);
});

it('calls a tool that takes one place once for each place, and others once', () => {
  const said = new Said('The weather in Paris and Tokyo');
  const tool = (properties: Record<string, object>) =>
    ({ type: 'function', name: 'get_weather', parameters: { type: 'object', properties } }) as const;
  expect(callsOf(tool({ city: text, unit: text }), said)).toHaveLength(2);
  expect(callsOf(tool({ unit: text }), said)).toHaveLength(1);
  expect(callsOf(tool({ cities: { type: 'array', items: text } }), said)).toHaveLength(1);
  expect(callsOf(tool({ origin: text, destination: text }), said)).toHaveLength(1);
});

it.each(['A', '"', '@a.', '1.', 'https://a/', 'Aa ', '+1 '])(
  'finds what stands behind 100,000 times %j',
  (part) => {
    const said = new Said(`${part.repeat(100_000)} "Tea" for 7 people in Oslo, a.b@example.org`);
    expect(said.place('city')).toBe('Oslo');
    expect(said.literal('email')).toMatch(/b@example\.org$/);
    expect(said.number((value) => value === 7)).toBe(7);
    expect(said.number((value) => value === 7)).toBeUndefined();
    if (part !== '"') expect(said.literal('quoted')).toBe('Tea');
    for (const kind of ['url', 'uuid', 'date', 'phone'] as const) said.literal(kind);
  },
);
