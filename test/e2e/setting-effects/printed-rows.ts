/** The effects of settings that decide what is printed: seen in the output of the command. */
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll } from 'vitest';
import { CARRIED_OUT, runCli, temporaryFolder } from '../../support/cli.js';
import type { Beside, Context, EffectRow } from './situations.js';

const folder = temporaryFolder();
const TRACE = folder.file('trace.jsonl');

/** Makes the files that the commands read; call at the top of a test file. */
export function usePrintedFiles(): void {
  beforeAll(() => {
    writeFileSync(TRACE, JSON.stringify({ timestamp: 0, input_length: 5, output_length: 2 }));
  });
  afterAll(folder.remove);
}

const ARGUMENTS = { bench: [], replay: [TRACE] } as const;
type Command = keyof typeof ARGUMENTS;

const BESIDE: Beside = {
  server: { latency: 'instant', threads: 1 },
  bench: { requests: 1, inputTokens: 5, outputTokens: 2 },
};

/** Makes a process believe that its stderr is a terminal. */
const TERMINAL = {
  NODE_OPTIONS:
    '--import=data:text/javascript,Object.assign(process.stderr,{isTTY:true,columns:80,rows:24,getWindowSize:()=>[80,24]})',
};

async function print(context: Context, command: Command, variables: Record<string, string> = {}) {
  const { args, env } = context.commandLine(BESIDE);
  const printed = await runCli([command, ...ARGUMENTS[command], ...args], { env: { ...env, ...variables } });
  if (!CARRIED_OUT.includes(printed.exitCode!)) throw new Error(printed.stderr);
  return printed;
}

const isJson = (text: string): boolean => {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
};

const jsonRow = (command: Command): EffectRow => ({
  path: `${command}.json`,
  given: [true, 'false', true],
  seen: [
    { json: false, report: true },
    { json: true, report: false },
    { json: false, report: true },
    { json: true, report: false },
  ],
  observe: async (context) => {
    const { stdout } = await print(context, command);
    return { json: isJson(stdout), report: stdout.includes('TTFT') };
  },
});

/** What is drawn on a terminal while a run goes on. */
const screenRows = (command: 'bench' | 'replay'): EffectRow[] => [
  {
    path: `${command}.tui`,
    given: [false, 'true', false],
    seen: [true, false, true, false],
    observe: async (context) => (await print(context, command, TERMINAL)).stderr.includes('\u001b['),
  },
  {
    path: `${command}.quiet`,
    given: [true, 'false', true],
    seen: [true, false, true, false],
    observe: async (context) => (await print(context, command, TERMINAL)).stderr !== '',
  },
];

export const PRINTED_ROWS: EffectRow[] = [
  jsonRow('bench'),
  ...screenRows('bench'),
  jsonRow('replay'),
  ...screenRows('replay'),
];
