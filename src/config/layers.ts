/** Where values come from: the layers of the configuration, the strongest first. */
import { FakeaiError } from '../lib/errors.js';
import type { SettingDescription } from './describe-settings.js';

/** Layers in order of precedence. */
export const LAYERS = ['flag', 'environment', 'file', 'default'] as const;

/** Where a value came from, for messages: `--rate`, `FAKEAI_RATE`, `fakeai.config.yaml: bench.rate`. */
export interface Origin {
  layer: (typeof LAYERS)[number];
  where: string;
}

/** A parsed value and where it came from. */
export interface Given {
  value: unknown;
  origin: Origin;
}

/** What one layer says, by setting path (`bench.rate`). */
export type Layer = Map<string, Given>;

/**
 * Parses one raw value.
 *
 * @throws FakeaiError `FAKEAI_SETTING_INVALID` with where it came from, what is wrong and what is expected
 */
export function parseValue(setting: SettingDescription, raw: unknown, origin: Origin): Given {
  const parsed = setting.schema.safeParse(raw);
  if (parsed.success) return { value: parsed.data, origin };
  const issue = parsed.error.issues[0]!;
  const index = issue.path[0];
  const culprit = typeof index === 'number' && Array.isArray(raw) ? (raw as unknown[])[index] : raw;
  const item = typeof index === 'number' && setting.list ? `value ${index + 1}: ` : '';
  const shown = setting.secret ? '' : `, not ${shorten(JSON.stringify(culprit) ?? String(culprit))}`;
  throw new FakeaiError('FAKEAI_SETTING_INVALID', {
    where: origin.where,
    problem: `${item}${issue.message}${shown}`,
    hint: `${setting.path} — ${setting.summary}.`,
  });
}

const shorten = (text: string): string => (text.length > 80 ? `${text.slice(0, 79)}…` : text);
