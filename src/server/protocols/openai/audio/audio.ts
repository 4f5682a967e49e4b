/** `/audio` */
import type { OperationHandlers } from '../operations.js';
import { createSpeech } from './speech.js';
import { createTranscription, createTranslation } from './transcriptions.js';

export { listVoices } from './speech.js';

export const handlers: OperationHandlers = { createSpeech, createTranscription, createTranslation };
