/** Where results go: `--output KIND=PATH`. */
import { constants } from 'node:fs';
import { access, writeFile } from 'node:fs/promises';
import { dirname, parse, join } from 'node:path';
import { FakeaiError, messageOf } from '../lib/errors.js';
import {
  COMPARISON_OUTPUT_KINDS,
  OUTPUT_KINDS,
  type ComparisonOutputKind,
  type LiveOutputKind,
  type OutputKind,
  SIMULATION_OUTPUT_KINDS,
  type SimulationOutputKind,
} from '../lib/output-kinds.js';
import type { Comparison } from '../results/compare/compare-lines.js';
import {
  comparisonJson,
  comparisonJunit,
  comparisonMarkdown,
} from '../results/compare/comparison-documents.js';
import { toAiperf } from '../results/exporters/aiperf.js';
import { toCsv } from '../results/exporters/csv.js';
import { toGithubMarkdown } from '../results/exporters/github.js';
import { toGuidellm } from '../results/exporters/guidellm.js';
import { comparisonHtml } from '../results/exporters/html/comparison-page.js';
import { toHtml } from '../results/exporters/html/run-page.js';
import { toJunit } from '../results/exporters/junit.js';
import type { RunFile } from '../results/run-file.js';
import { writeTextFile } from '../results/write-file.js';
import { writeRunFile } from '../results/write-run-file.js';

type Writer = (path: string, run: RunFile) => Promise<void>;

const one =
  (render: (run: RunFile) => string): Writer =>
  (path, run) =>
    writeTextFile(path, render(run));

/** How to write each kind of output. */
const WRITERS: Record<Exclude<OutputKind, LiveOutputKind>, Writer> = {
  json: writeRunFile,
  csv: one(toCsv),
  html: one(toHtml),
  junit: one(toJunit),
  github: one(toGithubMarkdown),
  aiperf: writeAiperf,
  guidellm: one(toGuidellm),
};

export interface Output<K extends string = OutputKind> {
  kind: K;
  path: string;
}

/** How to write each kind of output of a comparison. */
const COMPARISON_WRITERS: Record<ComparisonOutputKind, (comparison: Comparison) => string> = {
  json: comparisonJson,
  html: comparisonHtml,
  junit: comparisonJunit,
  github: comparisonMarkdown,
};

/** AIPerf's file has no targets: several get a file each, `profile.json` becoming `profile.NAME.json`. */
async function writeAiperf(path: string, run: RunFile): Promise<void> {
  const { dir, name, ext } = parse(path);
  const several = run.targets.length > 1;
  for (const target of run.targets) {
    // Run files can come from elsewhere: a name must not lead into another folder.
    const safeName = target.name.replaceAll(/[^\w.-]/g, '_');
    await writeTextFile(several ? join(dir, `${name}.${safeName}${ext}`) : path, toAiperf(run, target));
  }
}

/**
 * The file that requests are written to, emptied; undefined if none is asked for.
 *
 * @throws FakeaiError FAKEAI_FILE_UNWRITABLE, or FAKEAI_SETTING_INVALID for more than one
 */
export async function openRequestLog(outputs: readonly Output[]): Promise<string | undefined> {
  const [first, second] = outputs.filter(({ kind }) => kind === 'requests');
  if (second) {
    throw new FakeaiError('FAKEAI_SETTING_INVALID', {
      where: `--output requests=${second.path}`,
      problem: 'requests are written to one file only',
      hint: 'Give it once.',
    });
  }
  if (!first) return undefined;
  await writeFile(first.path, '').catch((cause: unknown) => {
    throw new FakeaiError(
      'FAKEAI_FILE_UNWRITABLE',
      { path: first.path, problem: messageOf(cause) },
      { cause },
    );
  });
  return first.path;
}

/**
 * Refuses outputs that are written only while a run goes on.
 *
 * @throws FakeaiError FAKEAI_SETTING_INVALID
 */
export function refuseLiveOutputs(outputs: readonly Output[]): void {
  const live = outputs.find(({ kind }) => kind === 'requests');
  if (!live) return;
  throw new FakeaiError('FAKEAI_SETTING_INVALID', {
    where: `--output requests=${live.path}`,
    problem: 'single requests are not in a run file',
    hint: 'bench, replay and simulate write them while they run.',
  });
}

/** Parses `--output` values; refuses unknown kinds and folders that cannot be written to, before any load is sent. */
export const parseOutputs = (texts: string[]): Promise<Output[]> => parseOutputsOf(OUTPUT_KINDS, texts);

/** The same for simulations. */
export const parseSimulationOutputs = (texts: string[]): Promise<Output<SimulationOutputKind>[]> =>
  parseOutputsOf(SIMULATION_OUTPUT_KINDS, texts);

/** The same for comparisons. */
export const parseComparisonOutputs = (texts: string[]): Promise<Output<ComparisonOutputKind>[]> =>
  parseOutputsOf(COMPARISON_OUTPUT_KINDS, texts);

async function parseOutputsOf<K extends string>(
  kinds: Readonly<Record<K, string>>,
  texts: string[],
): Promise<Output<K>[]> {
  const outputs = texts.map((text) => parseOutput(kinds, text));
  for (const { path } of outputs) {
    await access(dirname(path), constants.W_OK).catch((cause: unknown) => {
      throw new FakeaiError('FAKEAI_FILE_UNWRITABLE', { path, problem: messageOf(cause) }, { cause });
    });
  }
  return outputs;
}

function parseOutput<K extends string>(kinds: Readonly<Record<K, string>>, text: string): Output<K> {
  const at = text.indexOf('=');
  const kind = text.slice(0, at);
  if (!Object.hasOwn(kinds, kind)) {
    throw new FakeaiError('FAKEAI_SETTING_INVALID', {
      where: `--output ${text}`,
      problem: `"${kind}" is not a kind of output here`,
      hint: `Known kinds: ${Object.keys(kinds).join(', ')}.`,
    });
  }
  return { kind: kind as K, path: text.slice(at + 1) };
}

/** Writes a run to each output in turn; those that a run writes as it goes on are there already. */
export async function writeOutputs(outputs: Output[], run: RunFile): Promise<void> {
  for (const { kind, path } of outputs) if (kind !== 'requests') await WRITERS[kind](path, run);
}

/** Writes a comparison to each output in turn. */
export async function writeComparison(
  outputs: Output<ComparisonOutputKind>[],
  comparison: Comparison,
): Promise<void> {
  for (const { kind, path } of outputs) await writeTextFile(path, COMPARISON_WRITERS[kind](comparison));
}
