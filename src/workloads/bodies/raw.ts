/** Bodies of any API: a template with places for what differs from request to request. */
import { FakeaiError } from '../../lib/errors.js';
import type { BodyOptions, TextBodyWriter } from './chat.js';
import { plainText } from './text.js';

/** What a template may name. */
const PLACES = ['prompt', 'model', 'max_tokens', 'stream'] as const;
type Place = (typeof PLACES)[number];
const PLACE = /\{\{\s*(\w+)\s*\}\}/g;

/**
 * Checks a template: every place is known, the prompt has one, and what looks like JSON is JSON when they are filled.
 *
 * @param where - names the template in messages
 * @throws FakeaiError FAKEAI_SETTING_INVALID
 */
export function checkTemplate(template: string, where: string): void {
  const fail = (problem: string): never => {
    throw new FakeaiError('FAKEAI_SETTING_INVALID', {
      where,
      problem,
      hint: `Write {{prompt}} inside of a JSON string; the other places are ${PLACES.slice(1)
        .map((place) => `{{${place}}}`)
        .join(', ')}.`,
    });
  };
  const names = [...template.matchAll(PLACE)].map(([, name]) => name!);
  const unknown = names.find((name) => !(PLACES as readonly string[]).includes(name));
  if (unknown !== undefined) fail(`has no {{${unknown}}} to fill in`);
  if (!names.includes('prompt')) fail('has no {{prompt}}, so that all requests would be the same');
  if (!/^\s*[[{]/.test(template)) return;
  try {
    JSON.parse(fill(template, { prompt: 'x', model: 'x', max_tokens: '1', stream: 'true' }));
  } catch {
    fail('is not JSON once its places are filled in');
  }
}

const fill = (template: string, values: Record<Place, string>): string =>
  template.replaceAll(PLACE, (_, name: Place) => values[name]);

/** A body of a template that {@link checkTemplate} accepts. */
export const rawBodyWriter =
  ({ model, streaming }: BodyOptions, template: string): TextBodyWriter =>
  (said, outputTokens) =>
    fill(template, {
      prompt: plainText(said),
      model: JSON.stringify(model).slice(1, -1),
      max_tokens: String(outputTokens),
      stream: String(streaming),
    });
