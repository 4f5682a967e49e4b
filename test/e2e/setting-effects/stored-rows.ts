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
const REQUESTS = folder.file('requests.jsonl');

/** Makes the run files that the commands read; call at the top of a test file. */
export function useStoredRuns(): void {
  beforeAll(() => {
    const slower = runOutcome([targetOutcome({ ttftMs: 250 })]);
    const plan = { ...openPlan, model: 'other', seed: 1, graceMs: 1 };
    writeFileSync(RUN, formatRunFile(runFile()));
    writeFileSync(SLOWER, formatRunFile(runFile({ outcome: slower })));
    writeFileSync(OTHER_PLAN, formatRunFile(runFile({ plan })));
    writeFileSync(REQUESTS, requestLines());
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

/** Requests of two targets: so many each. */
const requestLines = (): string =>
  Object.entries({ first: 20, second: 30 })
    .flatMap(([target, count]) =>
      Array.from({ length: count }, (_, i) => ({
        target,
        index: i,
        turn: 0,
        outcome: 'completed',
        at_ms: 1000 * i,
        chunk_ms: [1000 * i + 100, 1000 * i + 110],
        end_ms: 1000 * i + 111,
        planned_input_tokens: 5,
        planned_output_tokens: 2,
        input_tokens: 5,
        input_source: 'usage',
        output_tokens: 2,
        bytes: 0,
      })),
    )
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('');

const calibrateRow = (key: string, row: Pick<EffectRow, 'given' | 'seen'>, member: string): EffectRow => ({
  path: `calibrate.${key}`,
  ...row,
  observe: async (context) => {
    const { stdout } = await call(context, ['calibrate', REQUESTS]);
    return /\w+$/.exec((JSON.parse(stdout) as Record<string, string>)[member]!)?.[0];
  },
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
  calibrateRow(
    'target',
    { given: ['second', 'first', 'second'], seen: ['first', 'second', 'first', 'second'] },
    'source',
  ),
  calibrateRow('name', { given: ['one', 'two', 'three'], seen: ['requests', 'one', 'two', 'three'] }, 'name'),
];
