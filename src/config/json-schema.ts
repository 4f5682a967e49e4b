/** The JSON Schema of the configuration file, for editors (`$schema: …` in the file) and for the documentation. */
import { SECTION_NAMES, settingsOf, type SettingDescription } from './describe-settings.js';
import { commandOf } from './schema.js';
import type { FieldKind } from './fields.js';
import { DURATION_PATTERN } from '../lib/duration.js';

type JsonSchema = Record<string, unknown>;

function valueSchema(kind: FieldKind): JsonSchema {
  const orWords = (schema: JsonSchema, words: readonly string[] | undefined): JsonSchema =>
    words ? { anyOf: [{ enum: [...words] }, schema] } : schema;
  switch (kind.type) {
    case 'text':
      return kind.jsonSchema;
    case 'choice':
      return { enum: [...kind.choices] };
    case 'boolean':
      return orWords({ type: 'boolean' }, kind.words);
    case 'integer':
      return orWords({ type: 'integer', minimum: kind.min, maximum: kind.max }, kind.words);
    case 'number':
      return {
        type: 'number',
        ...(kind.min === undefined ? {} : { minimum: kind.min }),
        ...(kind.max === undefined ? {} : { maximum: kind.max }),
        ...(kind.above === undefined ? {} : { exclusiveMinimum: kind.above }),
      };
    case 'duration':
      return {
        anyOf: [
          { type: 'string', pattern: DURATION_PATTERN.source },
          { type: 'number', minimum: 0 },
        ],
      };
  }
}

function settingSchema(setting: SettingDescription): JsonSchema {
  const { kind, list, summary, defaultText } = setting;
  const schema = list ? { type: 'array', items: valueSchema(kind) } : valueSchema(kind);
  // A duration's parsed default is in milliseconds; in the file a plain number may be in seconds, so it is written out.
  const value = kind.type === 'duration' ? defaultText : setting.default;
  return { description: summary, ...schema, ...(value === undefined ? {} : { default: value }) };
}

/** JSON Schema (draft 2020-12) of `fakeai.config.yaml` and `.json`. */
export function configJsonSchema(): JsonSchema {
  const section = (name: (typeof SECTION_NAMES)[number]): JsonSchema => ({
    description: `Settings of fakeai ${commandOf(name)}`,
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(settingsOf(name).map((setting) => [setting.key, settingSchema(setting)])),
  });
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'fakeai configuration file',
    type: 'object',
    additionalProperties: false,
    properties: {
      $schema: { type: 'string' },
      ...Object.fromEntries(SECTION_NAMES.map((name) => [name, section(name)])),
    },
  };
}
