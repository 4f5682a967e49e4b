/**
 * Families of operations are services of their own, which say what is wrong in words of their own. Chats, responses, images,
 * batches, vector stores and most others name the parameter and the kind of fault; those here do not, and neither do embeddings
 * (embedding-words.ts).
 */
import { ApiError, FaultList } from '../errors.js';
import { inSchemaWords } from './json-schema-words.js';
import { inListWords } from './validator-list.js';

type Words = (error: ApiError) => ApiError;

const ofForm: Words = (error) => inListWords(error, true);

const FAMILIES: Readonly<Record<string, Words>> = {
  createModeration: (error) => inListWords(error, false),
  createSpeech: inSpeechWords,
  createTranscription: ofForm,
  createTranslation: ofForm,
  createUpload: (error) => inSchemaWords(error, false),
  createFile: (error) => inSchemaWords(error, false),
  listFiles: (error) => inSchemaWords(error, true),
};

/** Some of speech is looked at by another part of it, before the rest: of newer models, the names of voices too. */
function inSpeechWords(error: ApiError): ApiError {
  const all = error instanceof FaultList ? error.all : [error];
  if (all.some(({ param, finding }) => param === 'response_format' && finding)) {
    const message = 'Invalid response_format.';
    return new ApiError({ status: 400, message, param: 'response_format', code: 'unsupported_value' });
  }
  const isOther = ({ param, finding }: ApiError): boolean =>
    param === 'instructions' || (param === 'voice' && finding?.kind === 'value');
  return all.find(isOther) ?? inListWords(error, false);
}

/** Whether an operation has words of its own. */
export const hasOwnWords = (operationId: string): boolean => Object.hasOwn(FAMILIES, operationId);

/** Operations that tell of all that is wrong at once. */
const LISTING = new Set(['createModeration', 'createSpeech', 'createTranscription', 'createTranslation']);
export const tellsAll = (operationId: string): boolean => LISTING.has(operationId);

/** Whatever was thrown, in the words of an operation's family. */
export const inFamilyWords = (operationId: string, error: unknown): unknown =>
  error instanceof ApiError && hasOwnWords(operationId) ? FAMILIES[operationId]!(error) : error;

/**
 * Does the work of an operation.
 *
 * @throws what the work throws, in the words of the operation's family
 */
export async function sayingIts<T>(operationId: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw inFamilyWords(operationId, error);
  }
}
