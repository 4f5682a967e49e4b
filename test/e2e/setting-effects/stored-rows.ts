/** The effects of the settings of the commands that read run files: seen in what they print, write and refuse. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll } from 'vitest';
import { EXIT } from '../../../src/lib/errors.js';
import type { RunFile } from '../../../src/results/run-file.js';
import { runCli, temporaryFolder, type CliResult } from '../../support/cli.js';
import type { Context, EffectRow } from './situations.js';

const folder = temporaryFolder();
const RUN = folder.file('run.json');
const LATER = folder.file('later.json');
const DIFFERENT = folder.file('different.json');

/** Makes the files that the commands read; call at the top of a test file. */
export function useStoredRuns(): void {
  beforeAll(async () => {
    await runCli(['simulate', '--requests', '50', '--output', `json=${RUN}`, '--quiet']);
    const run = JSON.parse(readFileSync(RUN, 'utf8')) as RunFile;
    const startedAt = new Date(Date.parse(run.startedAt) + 1).toISOString();
    writeFileSync(LATER, JSON.stringify({ ...run, startedAt }));
    writeFileSync(DIFFERENT, JSON.stringify({ ...run, plan: { ...run.plan, seed: 7, graceMs: 7 } }));
  });
  afterAll(folder.remove);
}

const ARGUMENTS = {
  report: ['report', RUN],
  compare: ['report', 'compare', RUN, LATER],
  merge: ['report', 'merge', RUN, LATER],
} as const;
type Section = keyof typeof ARGUMENTS;

async function read(
  context: Context,
  section: Section,
  beside: object = {},
  command: readonly string[] = ARGUMENTS[section],
): Promise<CliResult> {
  const { args, env } = context.commandLine({ [section]: beside });
  return runCli([...command, ...args], { env });
}

/** Throws what a command said if it ended in another way. */
function carriedOut(result: CliResult, codes: readonly number[] = [EXIT.ok]): CliResult {
  if (!codes.includes(result.exitCode!)) throw new Error(result.stderr);
  return result;
}

const NAMES = ['file', 'environment', 'flag'];

const outputRow = (section: 'report' | 'merge'): EffectRow => ({
  path: `${section}.output`,
  given: [
    [`csv=${folder.file('file')}`],
    `csv=${folder.file('environment')}`,
    [`csv=${folder.file('flag')}`],
  ],
  seen: [[], ['file'], ['environment'], ['flag']],
  observe: async (context) => {
    for (const name of NAMES) rmSync(folder.file(name), { force: true });
    carriedOut(await read(context, section));
    return NAMES.filter((name) => existsSync(folder.file(name)));
  },
});

const jsonRow = (section: 'compare' | 'merge', title: string): EffectRow => ({
  path: `${section}.json`,
  given: [true, 'false', true],
  seen: ['text', 'json', 'text', 'json'],
  observe: async (context) => {
    const { stdout } = carriedOut(await read(context, section));
    if (stdout.startsWith('{')) return typeof JSON.parse(stdout) === 'object' ? 'json' : 'broken';
    return stdout.includes(title) ? 'text' : stdout;
  },
});

const PLAN_KEYS = ['seed', 'graceMs'];

const compareRows: EffectRow[] = [
  {
    path: 'compare.failIf',
    // A simulated run has no lateness, and a rule on what is not there fails.
    given: [['ttft.p50 > +10%'], 'ttft.p50 > +10%,lateness.p50 > +10%', ['lateness.p50 > +10%']],
    seen: [
      [EXIT.ok],
      [EXIT.ok, ['ttft.p50 > +10%', true]],
      [EXIT.sloMissed, ['ttft.p50 > +10%', true], ['lateness.p50 > +10%', false]],
      [EXIT.sloMissed, ['lateness.p50 > +10%', false]],
    ],
    observe: async (context) => {
      const { exitCode, stdout } = carriedOut(await read(context, 'compare', { json: true }), [
        EXIT.ok,
        EXIT.sloMissed,
      ]);
      const { rules } = JSON.parse(stdout) as { rules: { expression: string; passed: boolean }[] };
      return [exitCode, ...rules.map(({ expression, passed }) => [expression, passed])];
    },
  },
  {
    path: 'compare.allowDifferent',
    given: [['seed'], 'seed,graceMs', ['graceMs']],
    // What is refused.
    seen: [['seed', 'graceMs'], ['graceMs'], [], ['seed']],
    observe: async (context) => {
      const files = ['report', 'compare', RUN, DIFFERENT];
      const { stderr } = carriedOut(await read(context, 'compare', {}, files), [EXIT.ok, EXIT.usage]);
      return PLAN_KEYS.filter((key) => stderr.includes(`--allow-different ${key}`));
    },
  },
  jsonRow('compare', 'ttft.p50'),
];

export const STORED_ROWS: EffectRow[] = [
  outputRow('report'),
  ...compareRows,
  outputRow('merge'),
  jsonRow('merge', 'TTFT'),
];
