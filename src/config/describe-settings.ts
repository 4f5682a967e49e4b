/**
 * The configuration schema as a flat list. Flags, variables, JSON Schema and reference documentation read this list and
 * not the schema, so that they cannot disagree.
 */
import type * as z from 'zod';
import { kindRegistry, settingRegistry, type FieldKind, type SettingMeta } from './fields.js';
import { configSchema, EMBEDDED_SERVER_KEYS, type SectionName } from './schema.js';

/** One setting of one section, in every form in which people write it. */
export interface SettingDescription extends Pick<SettingMeta, 'summary' | 'group' | 'char' | 'valueName'> {
  section: SectionName;
  /** Key in a file, below the section: `inputTokens`. */
  key: string;
  /** Section and key: `bench.inputTokens`. */
  path: string;
  /** `--input-tokens`. */
  flag: string;
  /** `FAKEAI_INPUT_TOKENS`: applies to every section that has the key. */
  env: string;
  /** `FAKEAI_BENCH__INPUT_TOKENS`: applies to this section and wins over {@link env}. */
  nestedEnv: string;
  /** Other variables with the same meaning, which give way to both. */
  aliases: readonly string[];
  kind: FieldKind;
  /** A list: repeatable flag, list in a file, comma-separated or JSON array in a variable. */
  list: boolean;
  /** Parsed, as the code sees it; absent for settings without a default. */
  default?: unknown;
  /** The default as one would write it, `200ms`; absent for settings without one and for empty lists. */
  defaultText?: string;
  /** Never printed or stored. */
  secret: boolean;
  /** Parses one raw value (of a file, or text of a flag or variable). */
  schema: z.ZodType;
}

/** The sections of the configuration, in the order of the documentation. */
export const SECTION_NAMES = Object.keys(configSchema.shape) as SectionName[];

const words = (key: string): string[] => key.split(/(?=[A-Z])/).map((word) => word.toLowerCase());

/** `inputTokens` → `input-tokens`. */
export const flagNameOf = (key: string): string => words(key).join('-');

const constantCase = (key: string): string => words(key).join('_').toUpperCase();

/** Sees through default and optional to what the value itself is. */
function unwrap(schema: z.ZodType): { inner: z.ZodType; default?: unknown } {
  let inner: z.core.$ZodType = schema;
  let found: { default?: unknown } = {};
  for (;;) {
    const def = inner._zod.def as z.core.$ZodDefaultDef | z.core.$ZodOptionalDef;
    if (def.type === 'default') found = { default: def.defaultValue };
    else if (def.type !== 'optional') return { inner: inner as z.ZodType, ...found };
    inner = def.innerType;
  }
}

/** A parsed value as one would write it: the inverse of parsing. */
export function valueText(kind: FieldKind, value: unknown): string {
  if (Array.isArray(value)) return value.map((item) => valueText(kind, item)).join(', ');
  if (kind.type !== 'duration' || typeof value !== 'number') return String(value);
  if (value >= 60_000 && value % 60_000 === 0) return `${value / 60_000}m`;
  if (value % 1_000 === 0) return `${value / 1_000}s`;
  return `${value}ms`;
}

const envOf = (key: string): string => `FAKEAI_${constantCase(key)}`;
const nestedEnvOf = (section: string, key: string): string =>
  `FAKEAI_${section.toUpperCase()}__${constantCase(key)}`;

const aliasesOf = (section: string, { variableAlias: key }: SettingMeta): string[] =>
  key === undefined ? [] : [nestedEnvOf(section, key), envOf(key)];

function describe(section: SectionName, key: string, schema: z.ZodType): SettingDescription {
  const unwrapped = unwrap(schema);
  const array = unwrapped.inner._zod.def as { type: string; element?: z.ZodType };
  const list = array.type === 'array';
  const kind = kindRegistry.get(list ? array.element! : unwrapped.inner);
  const meta = settingRegistry.get(schema);
  if (!kind || !meta) throw new Error(`${section}.${key} is not built from config/fields`);
  const defaultText = 'default' in unwrapped ? valueText(kind, unwrapped.default) : '';
  return {
    section,
    key,
    path: `${section}.${key}`,
    flag: `--${flagNameOf(key)}`,
    env: envOf(key),
    nestedEnv: nestedEnvOf(section, key),
    aliases: aliasesOf(section, meta),
    kind,
    list,
    ...('default' in unwrapped ? { default: unwrapped.default } : {}),
    ...(defaultText === '' ? {} : { defaultText }),
    secret: meta.secret ?? false,
    summary: meta.summary,
    group: meta.group,
    ...(meta.char === undefined ? {} : { char: meta.char }),
    ...(meta.valueName === undefined ? {} : { valueName: meta.valueName }),
    schema,
  };
}

/** Every setting of every section. */
export const SETTINGS: readonly SettingDescription[] = SECTION_NAMES.flatMap((section) =>
  Object.entries(configSchema.shape[section].unwrap().shape).map(([key, schema]) =>
    describe(section, key, schema),
  ),
);

/** The settings of one section. */
export const settingsOf = (section: SectionName): SettingDescription[] =>
  SETTINGS.filter((setting) => setting.section === section);

/** Whether a command can start the simulator itself and therefore takes {@link EMBEDDED_SERVER_KEYS} as flags. */
export const embedsServer = (section: SectionName): section is 'bench' | 'replay' =>
  section === 'bench' || section === 'replay';

/** What a command takes as flags: the settings of its section, and of the simulator if it embeds one. */
export function flagSettingsOf(section: SectionName): SettingDescription[] {
  if (!embedsServer(section)) return settingsOf(section);
  const embedded: readonly string[] = EMBEDDED_SERVER_KEYS;
  return [...settingsOf(section), ...settingsOf('server').filter(({ key }) => embedded.includes(key))];
}

/** What the values of a setting look like, in words: `duration`, `instant | fixed`, `auto | integer`, `list of text`. */
export function typeText({ kind, list }: Pick<SettingDescription, 'kind' | 'list'>): string {
  const alternatives =
    kind.type === 'choice' ? kind.choices : [...('words' in kind ? kind.words : []), kind.type];
  return `${list ? 'list of ' : ''}${alternatives.join(' | ')}`;
}
