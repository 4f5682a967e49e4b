/** `/fine_tuning/jobs` */
import { hash32 } from '../../../../lib/random.js';
import { fineTunedId } from '../../../../simulator/models/fine-tuned.js';
import type { ServerContext } from '../../../context.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import type { Reply } from '../../../routing/reply.js';
import { newId } from '../../../store/new-id.js';
import { ApiError, invalid, missing } from '../errors.js';
import { contentOf, FILES } from '../files/file-records.js';
import { checkGrader, type Grader, refuseCode } from '../graders/kinds.js';
import { listBody, notFound, pageOf, readPage, unknownReference } from '../lists.js';
import type { OperationHandlers } from '../operations.js';
import { check } from '../validation.js';
import { jobBody, type JobMethod, JOBS, type JobRecord, type JobStatus, statusOf } from './job-records.js';
import { awaitsEnd } from './ends.js';
import { chooseHyperparameters, type NewJob, newJob } from './new-job.js';
import { checkpointsOf, eventsOf } from './progress.js';
import { measured, settled } from './settle.js';
import { readTraining, type TrainingData } from './read-training.js';

async function create(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const input = request.json();
  const body = input['method'] as { reinforcement?: { grader?: unknown } } | null | undefined;
  refuseCode(body?.reinforcement?.grader, 'method.reinforcement.grader');
  const asked = check(newJob, input);
  refuseOthers(asked);
  refuseUntunable(context, asked.model);
  // As it is called: the model that comes out has the name in its own.
  const base = asked.model;
  const type = asked.method?.type ?? 'supervised';
  const grader = await graderOf(context, asked);
  const read = await readFiles(context, asked, type);
  const id = await newId(context, 'ftjob-');
  const chosen = chooseHyperparameters(asked, read.examples);
  const job: JobRecord = {
    id,
    createdMs: context.clock.wallMs(),
    base,
    result: fineTunedId({ base, organization: 'fakeai', suffix: asked.suffix ?? '', job: id.slice(-8) }),
    trainingFile: asked.training_file,
    validationFile: asked.validation_file ?? null,
    seed: asked.seed ?? hash32(context.seed, id) >>> 1,
    method: type,
    ...chosen,
    grader,
    rewards: null,
    integrations: asked.integrations ?? [],
    metadata: asked.metadata,
    steps: Math.max(1, Math.ceil(read.examples / chosen.batchSize) * chosen.epochs),
    trainedTokens: read.tokens * chosen.epochs,
    durationMs: context.options.fineTuneDuration,
    problem: read.problem,
    pauses: [],
    cancelledMs: null,
    resultFile: null,
    deleted: false,
    awaited: awaitsEnd(context),
  };
  await (await context.store()).put(JOBS, id, job);
  reply.json(jobBody(job, context.clock.wallMs()));
  // Whoever asks for the job before that is done, here or elsewhere, does it too, with the same result.
  await measured(context, job);
}

/** @throws ApiError for a model that does not exist, or cannot be tuned */
function refuseUntunable({ models }: ServerContext, id: string): void {
  if (models.knows(id) && models.info(id).endpoints.includes('chat')) return;
  const message = `Model ${id.slice(0, 200)} is not available for fine-tuning or does not exist.`;
  throw invalid('model', 'model_not_available', message);
}

const METHODS = ['supervised', 'dpo', 'reinforcement'] as const;

/** @throws ApiError for what is said of another method than that of the job, or twice */
function refuseOthers({ method, hyperparameters }: NewJob): void {
  if (!method) return;
  const other = METHODS.find((one) => one !== method.type && method[one] != null);
  if (other !== undefined) {
    const message = `'method.${other}' is only allowed when 'method.type' is '${other}', but it is '${method.type}'.`;
    throw invalid(`method.${other}`, 'invalid_value', message);
  }
  if (hyperparameters && (method[method.type]?.hyperparameters || method.type !== 'supervised')) {
    const message = `'hyperparameters' cannot be used together with 'method': send 'method.${method.type}.hyperparameters'.`;
    throw invalid('hyperparameters', 'invalid_value', message);
  }
}

/** @throws ApiError when reinforcement has none, or one that cannot grade */
async function graderOf(context: ServerContext, { method }: NewJob): Promise<Grader | null> {
  if (method?.type !== 'reinforcement') return null;
  if (!method.reinforcement) throw missing('method.reinforcement');
  await checkGrader(context, method.reinforcement.grader, 'method.reinforcement.grader');
  return method.reinforcement.grader;
}

async function readFiles(
  context: ServerContext,
  asked: NewJob,
  method: JobMethod,
): Promise<Pick<TrainingData, 'examples' | 'tokens'> & Pick<JobRecord, 'problem'>> {
  const { counter } = context;
  const content = await trainingContent(context, asked.training_file, 'training_file');
  const training = readTraining(content, method, counter);
  let problem: JobRecord['problem'] =
    training.problem === null
      ? null
      : {
          param: 'training_file',
          message: training.problem,
          ...(training.isTooShort && { code: 'invalid_n_examples' }),
        };
  if (asked.validation_file != null) {
    const other = await trainingContent(context, asked.validation_file, 'validation_file');
    const validation = readTraining(other, method, counter, 'validation file');
    if (validation.problem !== null) problem ??= { param: 'validation_file', message: validation.problem };
  }
  return { ...training, problem };
}

async function trainingContent(context: ServerContext, id: string, param: string): Promise<Buffer> {
  const store = await context.store();
  const file = await store.get(FILES, id);
  if (!file) throw unknownReference(param, 'file_not_found', `invalid ${param}: ${id.slice(0, 200)}`);
  if (file.purpose === 'fine-tune') return contentOf(store, file);
  const message = `File '${file.id}' has the purpose '${file.purpose}', but a fine-tuning job needs one with the purpose 'fine-tune'.`;
  throw invalid(param, 'invalid_file_purpose', message);
}

/**
 * A job.
 *
 * @throws ApiError 404 when there is none
 */
async function jobOf(context: ServerContext, request: ApiRequest): Promise<JobRecord> {
  const id = request.param('fine_tuning_job_id');
  const job = await (await context.store()).get(JOBS, id);
  if (!job) throw unknown(id);
  return settled(context, job);
}

const unknown = (id: string): ApiError =>
  notFound(`Could not find fine tune: ${id.slice(0, 200)}`, 'fine_tuning_job_id', 'fine_tune_not_found');

async function retrieve(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  reply.json(jobBody(await jobOf(context, request), context.clock.wallMs()));
}

async function list(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const query = pageOf<JobRecord>(request);
  const wanted = [...request.query].flatMap(([key, value]) => {
    const name = /^metadata\[(.{1,64})\]$/.exec(key)?.[1];
    return name === undefined ? [] : [[name, value] as const];
  });
  const isWanted = ({ metadata }: JobRecord): boolean =>
    wanted.every(([name, value]) => Object.hasOwn(metadata ?? {}, name) && metadata![name] === value);
  const page = await readPage(await context.store(), JOBS, { ...query, where: isWanted });
  const data: ReturnType<typeof jobBody>[] = [];
  for (const job of page.data) data.push(jobBody(await settled(context, job), context.clock.wallMs()));
  reply.json(plainList({ ...page, data }));
}

async function change(
  context: ServerContext,
  request: ApiRequest,
  reply: Reply,
  verb: string,
  from: readonly JobStatus[],
  changed: (job: JobRecord, nowMs: number) => JobRecord,
): Promise<void> {
  const id = request.param('fine_tuning_job_id');
  const nowMs = context.clock.wallMs();
  const job = await (
    await context.store()
  ).update(JOBS, id, (current) => {
    const status = statusOf(current, nowMs);
    if (from.includes(status)) return changed(current, nowMs);
    const message = `Cannot ${verb} a job with status '${status}'.`;
    throw new ApiError({ status: 400, message, param: 'fine_tuning_job_id', code: 'invalid_job_status' });
  });
  if (!job) throw unknown(id);
  reply.json(jobBody(job, nowMs));
}

const UNDER_WAY: readonly JobStatus[] = ['validating_files', 'queued', 'running'];

const endPause = (job: JobRecord, nowMs: number): JobRecord => ({
  ...job,
  pauses: job.pauses.map((pause) => ({ ...pause, toMs: pause.toMs ?? nowMs })),
});

/** Jobs and events come in an envelope of their own, without the ids of the first and the last. */
const plainList = <T>({ data, hasMore }: { data: T[]; hasMore: boolean }) => ({
  object: 'list',
  data,
  has_more: hasMore,
});

/** A page of what follows from a job: `after` is an id of it. */
function pageFrom<T extends { id: string }>(request: ApiRequest, all: readonly T[]) {
  const { limit, after } = pageOf(request);
  const at = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
  if (after !== undefined && at === 0) {
    throw invalid(
      'after',
      'invalid_value',
      `Invalid 'after': there is no object with the id '${after.slice(0, 200)}'.`,
    );
  }
  return { data: all.slice(at, at + limit), hasMore: all.length > at + limit };
}

export const handlers: OperationHandlers = {
  createFineTuningJob: create,
  listPaginatedFineTuningJobs: list,
  retrieveFineTuningJob: retrieve,
  cancelFineTuningJob: (context, request, reply) =>
    change(context, request, reply, 'cancel', [...UNDER_WAY, 'paused'], (job, nowMs) => ({
      ...endPause(job, nowMs),
      cancelledMs: nowMs,
    })),
  pauseFineTuningJob: (context, request, reply) =>
    change(context, request, reply, 'pause', UNDER_WAY, (job, nowMs) => ({
      ...job,
      pauses: [...job.pauses, { fromMs: nowMs, toMs: null }],
    })),
  resumeFineTuningJob: (context, request, reply) =>
    change(context, request, reply, 'resume', ['paused'], endPause),
  listFineTuningEvents: async (context, request, reply) =>
    reply.json(plainList(pageFrom(request, eventsOf(await jobOf(context, request), context.clock.wallMs())))),
  listFineTuningJobCheckpoints: async (context, request, reply) =>
    reply.json(
      listBody(pageFrom(request, checkpointsOf(await jobOf(context, request), context.clock.wallMs()))),
    ),
};
