// Writes src/server/synthesis/template-data.ts: for each operation on a resource, a template of what it answers, made from
// the slices of OpenAI's specification in test/spec/. With --check it writes nothing and fails when it is out of date.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { writeGenerated } from './lib/generated.mjs';
import { templateOf } from './lib/templates.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const OUTPUT = 'src/server/synthesis/template-data.ts';

/** Operations without an id in their path that refer to resources in their body; answers of models are not among them. */
const WITH_REFERENCES = new Set([
  'CreateContainer',
  'createBatch',
  'createFineTuningJob',
  'createThreadAndRun',
  'createVectorStore',
]);
/** Models are no stored resources, and neither are checkpoints of models: --unknown-models decides about them. */
const LEFT_OUT = new Set([
  'retrieveModel',
  'deleteModel',
  'listFineTuningCheckpointPermissions',
  'createFineTuningCheckpointPermission',
]);

/** Last words of paths that change a resource, instead of making one within it. */
const VERBS = new Set(['cancel', 'complete', 'pause', 'resume', 'submit_tool_outputs', 'archive']);

/** What the specification has no schema for: deleted things, and files. */
const WORDLESS = {
  deleteResponse: deleted('response'),
  DeleteContainer: deleted('container.deleted'),
  DeleteContainerFile: deleted('container.file.deleted'),
  downloadFile: ['file', 'jsonl'],
  RetrieveContainerFileContent: ['file', 'text'],
  GetSkillContent: ['file', 'zip'],
  GetSkillVersionContent: ['file', 'zip'],
  RetrieveVideoContent: ['file', 'video'],
};

/** Members that are taken from the request's path (`path`) or body (`body`), or that the specification leaves open. */
const TAKEN = {
  CreateVideoRemix: { remixed_from_video_id: ['path', 'video_id'] },
  createMessage: { 'content.0.text.value': ['body', 'content'] },
  createVectorStoreFile: { id: ['body', 'file_id'] },
  deleteEval: { object: 'eval.deleted' },
  deleteEvalRun: { object: 'eval.run.deleted' },
};

/** The parameter that the answer's `id` is, where it is not the last one; null where it is none. */
const OWN_ID = {
  deleteConversationItem: 'conversation_id',
  DeleteSkillVersion: null,
  GetSkillVersion: null,
};

function deleted(object) {
  return ['object', { id: ['id', ''], object, deleted: true }];
}

const literalsOf = (path) => path.split('/').filter((part) => part && !part.startsWith('{'));
const namesOf = (path) => [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);

/** The path's parameter that the answer's own `id` is. */
function ownId(id, { method, path }) {
  if (OWN_ID[id] !== undefined) return OWN_ID[id];
  const last = path.split('/').at(-1);
  const isOfOne = last.startsWith('{') || (VERBS.has(last) && method === 'POST');
  return isOfOne ? namesOf(path).at(-1) : undefined;
}

function describe(id, operation, defs) {
  const [status, content] = Object.entries(operation.responses)[0];
  const verb = literalsOf(operation.path).at(-1);
  const schema = content['application/json'];
  // `POST /evals/{eval_id}/runs/{run_id}` cancels, too.
  const state = /^cancel/i.test(id) ? 'cancel' : verb;
  const body = WORDLESS[id] ?? (schema ? templateOf(schema, defs, state) : ['nothing']);
  const own = ownId(id, operation);
  return {
    ...(status === '200' ? {} : { status: Number(status) }),
    ...(own ? { own } : {}),
    ...(TAKEN[id] ? { taken: TAKEN[id] } : {}),
    body,
  };
}

const answers = {};
for (const name of readdirSync(`${ROOT}test/spec`)
  .filter((file) => file.endsWith('.json'))
  .toSorted()) {
  const { operations, $defs } = JSON.parse(readFileSync(`${ROOT}test/spec/${name}`, 'utf8'));
  for (const [id, operation] of Object.entries(operations)) {
    if (LEFT_OUT.has(id) || !(operation.path.includes('{') || WITH_REFERENCES.has(id))) continue;
    answers[id] = describe(id, operation, $defs);
  }
}

const text = JSON.stringify(answers).replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${');
const file = `/**
 * Templates of what operations on resources answer, by operation: made by scripts/generate-synthesis.mjs from OpenAI's
 * specification (https://github.com/openai/openai-openapi, MIT License).
 */
export const TEMPLATE_DATA = \`
${text.replaceAll('},"', '},\n"')}
\`;
`;

await writeGenerated(import.meta.url, { [OUTPUT]: file });
