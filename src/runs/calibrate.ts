/** `fakeai calibrate`: from what a run measured to a profile that a server can play. */
import { basename, extname } from 'node:path';
import { FakeaiError, messageOf } from '../lib/errors.js';
import { isRequestLines } from '../results/is-request-lines.js';
import { readRunFile } from '../results/read-run-file.js';
import { requestRecordSchema, type RequestRecord } from '../results/request-record.js';
import type { LatencyProfile, ProfilePart } from '../simulator/profile/profile.js';
import { readLines } from '../workloads/traces/lines.js';
import { fitProfile } from './calibration/fit.js';
import { RequestCollector } from './calibration/request-lines.js';
import { profileOfTarget } from './calibration/run-file.js';

export interface CalibrateOptions {
  /** A run file, or what `--output requests=FILE` wrote. */
  path: string;
  /** Name of the target; the first one without. */
  target?: string | undefined;
  /** Of the profile; that of the file without. */
  name?: string | undefined;
}

/** A profile, and how many requests it was made of. */
export interface Calibration {
  profile: LatencyProfile;
  requests: number;
  /** What the run could not tell, in words. */
  untold: string[];
}

/** Fewer say nothing of a distribution. */
const LEAST_REQUESTS = 20;

/**
 * Fits a profile.
 *
 * @throws FakeaiError for a file that cannot be read, or a run that says too little
 */
export async function calibrate({ path, target, name }: CalibrateOptions): Promise<Calibration> {
  const lines = await isRequestLines(path);
  const { parts, requests, of } = lines ? await fromRequests(path, target) : await fromRunFile(path, target);
  if (!parts || requests < LEAST_REQUESTS) {
    throw new FakeaiError('FAKEAI_CALIBRATION_UNFIT', {
      path,
      problem: `${target ?? 'it'} has ${requests} completed streams, and a profile needs ${LEAST_REQUESTS} at least`,
    });
  }
  const origins: Partial<Record<ProfilePart, string>> = {
    ttft: 'measured',
    ...(parts.itl && { itl: 'measured' }),
    ...(parts.ttft.tail && { tail: 'measured' }),
    ...(parts.ttft.perPromptTokenMs !== undefined && { promptLength: 'measured' }),
    ...(parts.levels && { load: 'measured' }),
  };
  const source = `fakeai calibrate of ${basename(path)}: ${requests} requests to ${of}`;
  const profile = {
    format: 'fakeai-profile-1' as const,
    name: name ?? basename(path, extname(path)),
    source,
    origins,
    ...parts,
  };
  return { profile, requests, untold: untoldOf(profile, lines) };
}

function untoldOf({ ttft, itl, levels }: LatencyProfile, lines: boolean): string[] {
  return [
    ...(itl ? [] : ['no time between tokens: answers have one chunk']),
    ...(ttft.perPromptTokenMs === undefined
      ? [
          lines
            ? 'no effect of the prompt length: lengths do not vary enough'
            : 'no effect of the prompt length: give the requests (--output requests=FILE of bench) instead of the run file',
        ]
      : []),
    ...(levels
      ? []
      : [
          lines
            ? 'no effect of the load: it does not vary enough; measure with --stages'
            : 'no effect of the load: measure with --sweep',
        ]),
  ];
}

interface Found {
  parts: ReturnType<typeof profileOfTarget>;
  requests: number;
  of: string;
}

async function fromRunFile(path: string, name: string | undefined): Promise<Found> {
  const run = await readRunFile(path);
  const target = name === undefined ? run.targets[0]! : run.targets.find((one) => one.name === name);
  if (!target) {
    throw noTarget(
      path,
      name!,
      run.targets.map((one) => one.name),
    );
  }
  const requests = target.metrics.ttft?.count ?? 0;
  return { parts: profileOfTarget(run, target), requests, of: target.name };
}

async function fromRequests(path: string, name: string | undefined): Promise<Found> {
  const refuse = (line: number, problem: string): never => {
    throw new FakeaiError('FAKEAI_CALIBRATION_UNFIT', { path, problem: `line ${line}: ${problem}` });
  };
  const names = new Set<string>();
  let wanted = name;
  const collector = new RequestCollector();
  let line = 0;
  for await (const batch of readLines(path, (at, _column, problem) => refuse(at, problem))) {
    for (const text of batch) {
      line++;
      if (text.trim() === '') continue;
      const record = parseRecord(text, (problem) => refuse(line, problem));
      names.add(record.target);
      wanted ??= record.target;
      if (record.target === wanted && !collector.full) collector.add(record);
    }
  }
  if (wanted === undefined || !names.has(wanted)) throw noTarget(path, wanted ?? '', [...names]);
  const requests = collector.usable;
  const parts = requests < LEAST_REQUESTS ? undefined : fitProfile(collector.observations());
  return { parts, requests, of: wanted };
}

function parseRecord(text: string, refuse: (problem: string) => never): RequestRecord {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    return refuse(`is not JSON (${messageOf(error)})`);
  }
  const parsed = requestRecordSchema.safeParse(data);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return refuse(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is no request'}`);
}

const noTarget = (
  path: string,
  name: string,
  known: readonly string[],
): FakeaiError<'FAKEAI_CALIBRATION_UNFIT'> =>
  new FakeaiError('FAKEAI_CALIBRATION_UNFIT', {
    path,
    problem: `it has no target "${name}"${known.length > 0 ? `; it has ${known.join(', ')}` : ''}`,
  });
