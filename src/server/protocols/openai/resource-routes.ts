/** The families of stored resources. Their code is loaded with their first request. */
import type { ServerContext } from '../../context.js';
import type { Route } from '../../routing/route.js';
import { lazyRoutes } from './operations.js';

export const resourceRoutes = (context: ServerContext): Route[] => [
  ...lazyRoutes(context, async () => (await import('./files/files.js')).handlers, [
    'createFile',
    'listFiles',
    'retrieveFile',
    'deleteFile',
    'downloadFile',
  ]),
  ...lazyRoutes(context, async () => (await import('./files/uploads.js')).handlers, [
    'createUpload',
    'addUploadPart',
    'completeUpload',
    'cancelUpload',
  ]),
  ...lazyRoutes(context, async () => (await import('./batches/batches.js')).handlers, [
    'createBatch',
    'listBatches',
    'retrieveBatch',
    'cancelBatch',
  ]),
  ...lazyRoutes(context, async () => (await import('./vector-stores/vector-stores.js')).handlers, [
    'createVectorStore',
    'listVectorStores',
    'getVectorStore',
    'modifyVectorStore',
    'deleteVectorStore',
    'searchVectorStore',
  ]),
  ...lazyRoutes(context, async () => (await import('./vector-stores/store-files.js')).handlers, [
    'createVectorStoreFile',
    'listVectorStoreFiles',
    'getVectorStoreFile',
    'updateVectorStoreFileAttributes',
    'deleteVectorStoreFile',
    'retrieveVectorStoreFileContent',
    'createVectorStoreFileBatch',
    'getVectorStoreFileBatch',
    'listFilesInVectorStoreBatch',
    'cancelVectorStoreFileBatch',
  ]),
  ...lazyRoutes(context, async () => (await import('./fine-tuning/jobs.js')).handlers, [
    'createFineTuningJob',
    'listPaginatedFineTuningJobs',
    'retrieveFineTuningJob',
    'cancelFineTuningJob',
    'pauseFineTuningJob',
    'resumeFineTuningJob',
    'listFineTuningEvents',
    'listFineTuningJobCheckpoints',
  ]),
  ...lazyRoutes(context, async () => (await import('./fine-tuning/permissions.js')).handlers, [
    'createFineTuningCheckpointPermission',
    'listFineTuningCheckpointPermissions',
    'deleteFineTuningCheckpointPermission',
  ]),
  ...lazyRoutes(context, async () => (await import('./containers/containers.js')).handlers, [
    'CreateContainer',
    'ListContainers',
    'RetrieveContainer',
    'DeleteContainer',
    'CreateContainerFile',
    'ListContainerFiles',
    'RetrieveContainerFile',
    'DeleteContainerFile',
    'RetrieveContainerFileContent',
  ]),
  ...lazyRoutes(context, async () => (await import('./graders/graders.js')).handlers, [
    'runGrader',
    'validateGrader',
  ]),
  ...lazyRoutes(context, async () => (await import('./evals/evals.js')).handlers, [
    'createEval',
    'listEvals',
    'getEval',
    'updateEval',
    'deleteEval',
  ]),
  ...lazyRoutes(context, async () => (await import('./evals/runs.js')).handlers, [
    'createEvalRun',
    'getEvalRuns',
    'getEvalRun',
    'cancelEvalRun',
    'deleteEvalRun',
    'getEvalRunOutputItems',
    'getEvalRunOutputItem',
  ]),
  ...lazyRoutes(context, async () => (await import('./skills/skills.js')).handlers, [
    'ListSkills',
    'CreateSkill',
    'GetSkill',
    'UpdateSkillDefaultVersion',
    'DeleteSkill',
    'GetSkillContent',
    'ListSkillVersions',
    'CreateSkillVersion',
    'GetSkillVersion',
    'DeleteSkillVersion',
    'GetSkillVersionContent',
  ]),
  ...lazyRoutes(context, async () => (await import('./chatkit/sessions.js')).handlers, [
    'CreateChatSessionMethod',
    'CancelChatSessionMethod',
  ]),
  ...lazyRoutes(context, async () => (await import('./chatkit/threads.js')).handlers, [
    'ListThreadsMethod',
    'GetThreadMethod',
    'DeleteThreadMethod',
    'ListThreadItemsMethod',
  ]),
];

/** Goes on with the work that another thread, or an earlier server with the same data, left behind. */
export async function resumeWork(context: ServerContext): Promise<void> {
  const { recallDeletedModels } = await import('./fine-tuning/tuned-models.js');
  await recallDeletedModels(context);
  const { WorkRunner } = await import('./leased-work.js');
  const { BATCH_WORK } = await import('./batches/runner.js');
  const { EVAL_RUNS } = await import('./evals/run-execution.js');
  const { INGESTS } = await import('./vector-stores/ingest.js');
  const { RUN_WORK } = await import('./assistants/run-execution.js');
  const { RESPONSE_WORK } = await import('./responses/background.js');
  const { MESSAGE_BATCH_WORK } = await import('../anthropic/batches/execution.js');
  for (const kind of [BATCH_WORK, MESSAGE_BATCH_WORK, EVAL_RUNS, INGESTS, RESPONSE_WORK, RUN_WORK])
    WorkRunner.of(context, kind).look();
  if ((context.options.webhook ?? []).length === 0) return;
  await (await import('../../webhooks/deliver.js')).deliveries(context);
  (await import('./fine-tuning/ends.js')).watchJobs(context);
}
