/** Work on media and documents: what takes so long that it must not hold up a thread that serves requests. */
import type { SignalName } from '../../simulator/moderation/signals.js';
import type { Chart } from '../../simulator/pictures/chart.js';
import type { Drawing } from '../../simulator/pictures/draw.js';
import type { Utterance } from '../../simulator/speech/synthesize.js';
import type { OfficeKind } from '../documents/office-text.js';
import type { Extracted, FileText } from '../documents/text-of.js';
import type { ImageFormat } from './image-files.js';

/** A picture to draw, or to make from another one, and to write as a file. */
export interface ImageTask {
  kind: 'image';
  drawing: Drawing;
  format: ImageFormat;
  /** 0 to 100; of JPEG and WebP. */
  quality: number;
  /** Of an edit: taken away, filled, or that of the picture that was sent. */
  background?: 'transparent' | 'opaque' | 'kept';
  /** A file to begin with. */
  base?: {
    bytes: Uint8Array;
    /** Files that are put into it. */
    others: Uint8Array[];
    mask: Uint8Array | undefined;
    change: 'edit' | 'vary';
    /** Fewer changes. */
    closely: boolean;
  };
}

/** A chart to draw and to write as a PNG. */
export interface ChartTask {
  kind: 'chart';
  chart: Chart;
}

/** A text to say. */
export interface SpeechTask {
  kind: 'speech';
  utterance: Utterance;
  format: SpeechFormat;
}

/** Formats of speech that are encoded. */
export type SpeechFormat = 'mp3' | 'opus' | 'aac' | 'flac' | 'wav' | 'pcm';

/** A part of a video; see `Shot`. */
export interface ShotPlan {
  prompt: string;
  seconds: number;
  /** An image file that it begins with. */
  reference?: Uint8Array | undefined;
  edits: string[];
  characters: string[];
}

/** A video to make, or pictures from it. */
export interface VideoTask {
  kind: 'video';
  variant: 'video' | 'thumbnail' | 'spritesheet';
  plan: { seed: number; width: number; height: number; shots: ShotPlan[] };
}

/** An image file to try to read. */
export interface CheckTask {
  kind: 'check';
  bytes: Uint8Array;
  /** What it is called when it cannot be read. */
  as: MediaProblem['unreadable'];
}

/** An image file that may be one of those for tests of moderation. */
export interface SignalTask {
  kind: 'signal';
  bytes: Uint8Array;
}

/** A PDF file to read. */
export interface PdfTask {
  kind: 'pdf';
  bytes: Uint8Array;
}

/** A document of an office to read. */
export interface OfficeTask {
  kind: 'office';
  office: OfficeKind;
  bytes: Uint8Array;
}

/** All kinds of work, with what each gives. */
export interface MediaTasks {
  image: { task: ImageTask; result: Uint8Array };
  chart: { task: ChartTask; result: Uint8Array };
  video: { task: VideoTask; result: Uint8Array };
  speech: { task: SpeechTask; result: Uint8Array };
  check: { task: CheckTask; result: true };
  pdf: { task: PdfTask; result: FileText | { problem: string } };
  office: { task: OfficeTask; result: Extracted };
  signal: { task: SignalTask; result: { signal: SignalName | undefined } };
}
export type MediaTask = MediaTasks[keyof MediaTasks]['task'];

/** A file that was sent cannot be read. */
export interface MediaProblem {
  unreadable: 'image' | 'mask' | 'input_reference';
}
