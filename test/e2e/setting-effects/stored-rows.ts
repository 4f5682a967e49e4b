/** The effects of settings of the commands that read run files. */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll } from 'vitest';
import { formatRunFile } from '../../../src/results/write-run-file.js';
import { openPlan, runFile, runOutcome, targetOutcome } from '../../fixtures/run.js';
import { runCli, temporaryFolder } from '../../support/cli.js';
import type { Context, EffectRow } from './situations.js';

const folder = temporaryFolder();
const RUN = folder.file('run.json');
const SLOWER = folder.file('slower.json');
const OTHER_PLAN = folder.file('other-plan.json');

/** Makes the run files that the commands read; call at the top of a test file. */
export function useStoredRuns(): void {
  beforeAll(() => {
    const slower = runOutcome([targetOutcome({ ttftMs: 250 })]);
    const plan = { ...openPlan, model: 'other', seed: 1, graceMs: 1 };
    writeFileSync(RUN, formatRunFile(runFile()));
    writeFileSync(SLOWER, formatRunFile(runFile({ outcome: slower })));
    writeFileSync(OTHER_PLAN, formatRunFile(runFile({ plan })));
  });
  afterAll(folder.remove);
}

const COMMANDS = {
  report: ['report', RUN],
  compare: ['report', 'compare', RUN, SLOWER],
  merge: ['report', 'merge', RUN, SLOWER],
} as const;
type Command = keyof typeof COMMANDS;

async function call(context: Context, words: readonly string[], expectedExitCodes = [0]) {
  const { args, env } = context.commandLine({});
  const called = await runCli([...words, ...args], { env });
  if (!expectedExitCodes.includes(called.exitCode!)) throw new Error(called.stderr);
  return called;
}

const outputRow = (command: Command, kind = 'csv'): EffectRow => ({
  path: `${command}.output`,
  given: [
    [`${kind}=${folder.file('file')}`],
    `${kind}=${folder.file('environment')}`,
    [`${kind}=${folder.file('flag')}`],
  ],
  seen: [[], ['file'], ['environment'], ['flag']],
  observe: async (context) => {
    const names = ['file', 'environment', 'flag'];
    for (const name of names) rmSync(folder.file(name), { force: true });
    await call(context, COMMANDS[command]);
    return names.filter((name) => existsSync(folder.file(name)));
  },
});

const jsonRow = (command: Command): EffectRow => ({
  path: `${command}.json`,
  given: [true, 'false', true],
  seen: [false, true, false, true],
  observe: async (context) => (await call(context, COMMANDS[command])).stdout.startsWith('{'),
});

export const STORED_ROWS: EffectRow[] = [
  outputRow('report'),
  jsonRow('report'),
  {
    path: 'compare.failIf',
    given: [['ttft.p95 > +10%'], 'ttft.p95 > +90%', ['ttft.mean > +10%', 'tpot.p50 > +10%']],
    seen: [[], ['✘ ttft.p95'], ['✔ ttft.p95'], ['✘ ttft.mean', '✔ tpot.p50']],
    observe: async (context) =>
      (await call(context, COMMANDS.compare, [0, 99])).stdout.match(/^[✔✘] \S+/gm)?.map(String) ?? [],
  },
  {
    path: 'compare.waive',
    given: [['model', 'seed'], 'graceMs', ['model', 'seed', 'graceMs']],
    seen: ['model, graceMs, seed', 'graceMs', 'model, seed', undefined],
    observe: async (context) => {
      const { stderr } = await call(context, ['report', 'compare', RUN, OTHER_PLAN], [0, 2]);
      return /plans: (.*) differ/.exec(stderr)?.[1];
    },
  },
  jsonRow('compare'),
  outputRow('compare', 'html'),
  outputRow('merge'),
  jsonRow('merge'),
];
