/** Kinds of models that transcribe: Whisper, GPTs, and others, which can do what all of them can. */
import type { ModelInfo } from '../../../../simulator/models/model.js';

export const isWhisper = ({ id }: ModelInfo): boolean => id.startsWith('whisper');
export const isGpt = ({ id }: ModelInfo): boolean => /^gpt-.*transcribe/.test(id);
export const isDiarizing = ({ id }: ModelInfo): boolean => id.endsWith('-diarize');
