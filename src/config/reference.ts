/** The generated reference of every setting, as Markdown: `docs/reference/configuration.md`. */
import {
  embedsServer,
  SECTION_NAMES,
  settingsOf,
  typeText,
  type SettingDescription,
} from './describe-settings.js';
import { commandOf, EMBEDDED_SERVER_KEYS, type SectionName } from './schema.js';

const INTRODUCTION = `# Configuration reference

Generated from \`src/config/schema.ts\` by \`npm run generate\`; do not edit.

Each setting can be given as a flag, as an environment variable and in a file. The first of these that has it decides:
**flag, then environment, then file, then default.**

* **Flags** are named after the key: \`inputTokens\` is \`--input-tokens\`. Switches have a \`--no-\` form.
* **Variables**: \`FAKEAI_SEED\` applies to every command that has the setting, \`FAKEAI_BENCH__SEED\` (section, two
  underscores, key) to one and wins over the first. Lists are comma-separated or a JSON array. An empty variable counts
  as unset.
* **The file** is \`fakeai.config.yaml\`, \`fakeai.config.yml\` or \`fakeai.config.json\` in the current folder, or the one that
  \`--config PATH\` or \`FAKEAI_CONFIG\` names. Its top level has one map per section:

  \`\`\`yaml
  # yaml-language-server: $schema=./node_modules/fakeai/schemas/config.schema.json
  server:
    port: 9000
  bench:
    rate: 50
    slo: ['ttft.p95 < 500ms']
  \`\`\`

Durations are a number with \`us\`, \`ms\`, \`s\`, \`m\` or \`h\`; the unit of a plain number is named in the type. Unknown keys,
variables and flags are refused, with the nearest known one. Of two settings that exclude each other (\`rate\` and
\`concurrency\`, \`url\` and \`target\`, \`apiKey\` and \`apiKeyEnv\`) the one from the stronger layer applies; in the same layer
they are an error.
`;

const cell = (text: string): string => text.replaceAll('|', '\\|');

function typeCell(setting: SettingDescription): string {
  const unit = setting.kind.type === 'duration' ? `, plain: ${setting.kind.bareUnit}` : '';
  return cell(typeText(setting) + unit);
}

function row(setting: SettingDescription): string {
  const { flag, char, key, env, nestedEnv, aliases, defaultText, summary } = setting;
  const flags = char === undefined ? `\`${flag}\`` : `\`${flag}\` \`-${char}\``;
  const value = defaultText === undefined ? '–' : `\`${cell(defaultText)}\``;
  return `| ${flags} | \`${key}\` | \`${[env, nestedEnv, ...aliases].join('` `')}\` | ${typeCell(setting)} | ${value} | ${cell(summary)} |`;
}

function sectionText(section: SectionName): string {
  const settings = settingsOf(section);
  const groups = [...new Set(settings.map(({ group }) => group))];
  const tables = groups.map((group) => {
    const rows = settings.filter((setting) => setting.group === group).map(row);
    return `### ${section}: ${group}

| Flag | Key in the file | Variables | Type | Default | |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
  });
  const embedded = EMBEDDED_SERVER_KEYS.map((key) => `\`--${key}\``).join(', ');
  const note = embedsServer(section)
    ? `Without a target of its own this command starts the simulator with the settings of section \`server\`, of which
${embedded} are flags here too.\n\n`
    : '';
  return `## \`fakeai ${commandOf(section)}\`\n\n${note}${tables.join('\n')}`;
}

/** The whole reference. */
export const configReference = (): string => `${INTRODUCTION}\n${SECTION_NAMES.map(sectionText).join('\n')}`;
