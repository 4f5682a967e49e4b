/** `/audio` */
import type { OperationHandlers } from '../operations.js';
import { voiceHandlers } from './custom-voices.js';
import { createSpeech } from './speech.js';
import { createTranscription, createTranslation } from './transcriptions.js';

export { listVoices } from './custom-voices.js';

export const handlers: OperationHandlers = {
  createSpeech,
  createTranscription,
  createTranslation,
  ...voiceHandlers,
};
