/** Reads run files, and says exactly what is wrong with one that cannot be read. */
import { readFile, stat } from 'node:fs/promises';
import type * as z from 'zod';
import { FakeaiError, messageOf } from '../lib/errors.js';
import { Distribution, type EncodedDistribution } from './distribution.js';
import { isRequestLines } from './is-request-lines.js';
import { DISTRIBUTION_NAMES, type DistributionName } from './metrics.js';
import { RUN_FILE_VERSION, runFileSchema, type RunFile } from './run-file.js';

/** A run file has a few kB per target; more than this is something else. */
const LARGEST_BYTES = 64 * 1024 * 1024;

/**
 * Reads and validates a run file.
 *
 * @throws {FakeaiError} FAKEAI_FILE_UNREADABLE, FAKEAI_RUN_FILE_INVALID
 */
export async function readRunFile(path: string): Promise<RunFile> {
  if (await isRequestLines(path)) {
    throw new FakeaiError('FAKEAI_RUN_FILE_INVALID', {
      path,
      problem:
        'it has the single requests of a run (--output requests=FILE), which replay, simulate and calibrate take. ' +
        'The figures of that run are in the file that --output json=FILE wrote beside it',
    });
  }
  return parseRunFile(await readText(path), path);
}

async function readText(path: string): Promise<string> {
  try {
    if ((await stat(path)).size > LARGEST_BYTES)
      throw new Error(`it is larger than ${LARGEST_BYTES / 2 ** 20} MiB`);
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new FakeaiError('FAKEAI_FILE_UNREADABLE', { path, problem: messageOf(error) }, { cause: error });
  }
}

/**
 * Validates the text of a run file.
 *
 * @param path - where the text came from, for messages
 * @throws {FakeaiError} FAKEAI_RUN_FILE_INVALID with the place and the problem
 */
export function parseRunFile(text: string, path: string): RunFile {
  const fail = (problem: string, cause?: unknown): never => {
    throw new FakeaiError('FAKEAI_RUN_FILE_INVALID', { path, problem }, { cause });
  };
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    return fail(`it is not JSON (${messageOf(error)})`, error);
  }
  const version = versionOf(data);
  if (version === undefined) return fail('it has no schemaVersion');
  if (version > RUN_FILE_VERSION) {
    return fail(
      `its schemaVersion is ${version}, and this fakeai reads up to ${RUN_FILE_VERSION}; use a newer fakeai`,
    );
  }
  const result = runFileSchema.safeParse(data);
  if (!result.success) return fail(describeIssue(result.error.issues[0]!));
  const undecodable = findUndecodable(result.data);
  if (undecodable) return fail(undecodable);
  return result.data;
}

function versionOf(data: unknown): number | undefined {
  const version =
    typeof data === 'object' && data !== null && 'schemaVersion' in data ? data.schemaVersion : undefined;
  return typeof version === 'number' ? version : undefined;
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const where = issue.path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('');
  return `${where.replace(/^\./, '') || 'the whole file'}: ${issue.message}`;
}

/** The first histogram that does not decode, with its place. */
function findUndecodable(run: RunFile): string | undefined {
  const places = [
    ...run.targets.map((target, i) => [`targets[${i}].histograms`, target.histograms] as const),
    ...(run.points ?? []).flatMap((point, p) =>
      point.targets.map((target, i) => [`points[${p}].targets[${i}].histograms`, target.histograms] as const),
    ),
    ['histograms', run.histograms] as const,
  ];
  for (const [where, histograms] of places) {
    for (const name of DISTRIBUTION_NAMES) {
      const problem = histograms[name] && decodingProblem(name, histograms[name]);
      if (problem !== undefined) return `${where}.${name}.hdr: ${problem}`;
    }
  }
  return undefined;
}

function decodingProblem(name: DistributionName, encoded: EncodedDistribution): string | undefined {
  try {
    const distribution = new Distribution(name, encoded);
    let values = 0;
    for (const { count } of distribution.buckets()) values += count;
    return values === encoded.moments.count
      ? undefined
      : `it holds ${values} values, moments.count says ${encoded.moments.count}`;
  } catch (error) {
    return `it cannot be decoded (${messageOf(error)})`;
  }
}

/** The distributions of a target, or of the whole run, ready for quantiles and drawing. */
export function decodeHistograms(
  histograms: RunFile['histograms'],
): Partial<Record<DistributionName, Distribution>> {
  const decoded: Partial<Record<DistributionName, Distribution>> = {};
  for (const name of DISTRIBUTION_NAMES) {
    const encoded = histograms[name];
    if (encoded) decoded[name] = new Distribution(name, encoded);
  }
  return decoded;
}
