/** Work on media: what takes so long that it must not hold up a thread that serves requests. */
import type { Drawing } from '../../simulator/pictures/draw.js';
import type { Utterance } from '../../simulator/speech/synthesize.js';
import type { ImageFormat } from './image-files.js';

/** A picture to draw, or to make from another one, and to write as a file. */
export interface ImageTask {
  kind: 'image';
  drawing: Drawing;
  format: ImageFormat;
  /** 0 to 100; of JPEG and WebP. */
  quality: number;
  /** A file to begin with. */
  base?: { bytes: Uint8Array; mask: Uint8Array | undefined; change: 'edit' | 'vary' };
}

/** A text to say. */
export interface SpeechTask {
  kind: 'speech';
  utterance: Utterance;
  format: SpeechFormat;
}

/** Formats of speech that are encoded. */
export type SpeechFormat = 'mp3' | 'opus' | 'aac' | 'flac' | 'wav' | 'pcm';

/** A video to make, or its first frame as a small picture. */
export interface VideoTask {
  kind: 'video';
  variant: 'video' | 'thumbnail';
  drawing: Drawing;
  seconds: number;
}

/** All kinds of work, with what each gives. */
export interface MediaTasks {
  image: { task: ImageTask; result: Uint8Array };
  video: { task: VideoTask; result: Uint8Array };
  speech: { task: SpeechTask; result: Uint8Array };
}
export type MediaTask = MediaTasks[keyof MediaTasks]['task'];

/** A file that was sent cannot be read. */
export interface MediaProblem {
  unreadable: 'image' | 'mask';
}
