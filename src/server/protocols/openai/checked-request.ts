/** Requests are held against OpenAI's specification before their operation looks at them. */
import type { ApiRequest } from '../../routing/api-request.js';
import { checkAll } from './check-all.js';
import { checkQuery } from './check-query.js';
import { checkShape } from './check-shape.js';
import { requireModel } from './errors.js';
import { checkPathIds } from './id-prefixes.js';
import { rootOf, shapesOf } from './request-shapes.js';
import { tellsAll } from './words/family-words.js';

/** Operations that look at the model before all else, and say in older words that there is none. */
const MODEL_FIRST = new Set(['createCompletion', 'createSpeech']);

/** Operations that look at the names of their parameters first, and hold what those have against the specification themselves. */
const NAMES_FIRST = new Set(['createResponse', 'Compactconversation']);

/** Places that are read by the operation alone, because more is taken there than the specification says. */
const EXCEPT: Readonly<Record<string, readonly string[]>> = {
  // Roles of items are told of by the items.
  Getinputtokencounts: ['input.role'],
  createConversation: ['items.role'],
  createConversationItems: ['items.role'],
  // A list of no sequence is taken as other servers do.
  createCompletion: ['stop'],
  // Files of all purposes can come in parts.
  createUpload: ['purpose'],
  // Types of graders that are not simulated are told of by name; of several graders the specification has one.
  createEval: ['testing_criteria.type', 'testing_criteria.graders'],
  runGrader: ['grader.type', 'grader.graders'],
  validateGrader: ['grader.type', 'grader.graders'],
  createFineTuningJob: ['method.reinforcement.grader.type', 'method.reinforcement.grader.graders'],
  // Each model has its own, and those of others more than OpenAI's.
  createImage: ['size', 'quality'],
  createImageEdit: ['size', 'quality'],
  // As many seconds as OpenAI's models make, of which the specification lists some.
  createVideo: ['seconds'],
  CreateVideoExtend: ['seconds'],
};

/**
 * Checks a query, a body that is JSON, and the ids in a path.
 *
 * @param path - the pattern of the operation's path
 * @throws ApiError 400 for the first thing that is wrong
 */
export function checkRequest(operationId: string, path: string, request: ApiRequest): void {
  if (request.query.size > 0) checkQuery(operationId, request.query);
  checkBody(operationId, request);
  checkPathIds(path, request.params);
}

function checkBody(operationId: string, request: ApiRequest): void {
  if (request.body.length === 0 || request.header('content-type')?.startsWith('multipart/')) return;
  if (rootOf(operationId) === undefined || NAMES_FIRST.has(operationId)) return;
  const body = request.json();
  if (MODEL_FIRST.has(operationId)) requireModel(body);
  if (tellsAll(operationId)) checkAll(body, shapesOf(rootOf(operationId)!)[0]!);
  else checkShape(operationId, body, new Set(EXCEPT[operationId]));
}
