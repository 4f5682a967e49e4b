/** Videos as files, and the pictures that show what is in them. */
import { type FilmPlan, FilmReel } from '../../simulator/pictures/film.js';
import { emptyPicture, type Picture, resized } from '../../simulator/pictures/picture.js';
import { VOICES } from '../../simulator/speech/voices.js';
import { COMMENT_KEY } from './audio/audio-info.js';
import { encodeH264 } from './h264.js';
import { decodeImage, encodeImage } from './image-files.js';
import { buildMp4, type CodedSound } from './mp4.js';
import type { MediaProblem, VideoTask } from './tasks.js';

/** Enough to see that it moves; a frame takes a fortieth of a second to code. */
export const FRAMES_PER_SECOND = 8;
/** Frames of a sprite sheet: rows and columns. */
const SHEET = 5;
/** Of the narrator. */
const MOST_SPEED = 2;
const MOST_CHARACTERS_PER_SECOND = 40;
/** How much smaller the frames of a sprite sheet, and a thumbnail, are. */
const SMALLER = 4;

/** Makes what is asked for. */
export async function makeVideo({ variant, plan }: VideoTask): Promise<Uint8Array | MediaProblem> {
  const shots: FilmPlan['shots'][number][] = [];
  for (const { reference, ...shot } of plan.shots) {
    const first = reference && (await decodeImage(Buffer.from(reference)));
    if (reference && !first) return { unreadable: 'input_reference' };
    shots.push({ ...shot, first: first && resized(first, plan.width, plan.height) });
  }
  const reel = new FilmReel({ ...plan, shots });
  if (variant === 'thumbnail') return encodeImage(smaller(reel.frameAt(0)), 'webp', 80);
  return variant === 'spritesheet' ? spriteSheet(reel) : film(reel, plan);
}

async function film(reel: FilmReel, plan: VideoTask['plan']): Promise<Buffer> {
  const { width, height } = plan;
  const coded = await encodeH264(framesOf(reel), FRAMES_PER_SECOND);
  const { sound, text } = await narrated(plan);
  const comment = COMMENT_KEY + text;
  return buildMp4({ ...coded, width, height, framesPerSecond: FRAMES_PER_SECOND, sound, comment });
}

/** Reads out the prompts, each while its shot is shown; faster if there is much to say, and not to its end if there is too much. */
async function narrated({ seed, shots }: VideoTask['plan']): Promise<{ sound: CodedSound; text: string }> {
  const { SPEECH_RATE, synthesize } = await import('../../simulator/speech/synthesize.js');
  const { spokenS } = await import('../../simulator/speech/timeline.js');
  const { AAC_CONFIG, AAC_LINES, aacBlocks } = await import('./audio/aac/aac.js');
  const seconds = shots.reduce((sum, shot) => sum + shot.seconds, 0);
  const samples = new Int16Array(seconds * SPEECH_RATE);
  const texts = shots.map(({ prompt, edits }) => edits.at(-1) ?? prompt);
  let from = 0;
  for (const [i, shot] of shots.entries()) {
    const text = texts[i]!.slice(0, shot.seconds * MOST_CHARACTERS_PER_SECOND);
    const speed = Math.max(1, Math.min(MOST_SPEED, spokenS(text, 1) / shot.seconds));
    const length = shot.seconds * SPEECH_RATE;
    samples.set(synthesize({ seed, text, voice: VOICES[0]!, speed }).subarray(0, length), from);
    from += length;
  }
  const blocks = { samples: aacBlocks(samples, ''), rate: SPEECH_RATE, length: AAC_LINES };
  return { sound: { ...blocks, skip: AAC_LINES, config: AAC_CONFIG }, text: texts.join(' ') };
}

/** One at a time: together they would fill the memory. */
function* framesOf(reel: FilmReel): Generator<Picture> {
  const count = reel.seconds * FRAMES_PER_SECOND;
  for (let frame = 0; frame < count; frame++) yield reel.frameAt(frame / FRAMES_PER_SECOND);
}

/** Frames from all of the film, row by row. */
function spriteSheet(reel: FilmReel): Promise<Buffer> {
  const count = SHEET * SHEET;
  const frames = Array.from({ length: count }, (_, i) => smaller(reel.frameAt((reel.seconds * i) / count)));
  const { width, height } = frames[0]!;
  const sheet = emptyPicture(width * SHEET, height * SHEET);
  for (const [i, { rgba }] of frames.entries()) {
    const left = (i % SHEET) * width;
    const top = Math.floor(i / SHEET) * height;
    for (let y = 0; y < height; y++)
      sheet.rgba.set(rgba.subarray(y * width * 4, (y + 1) * width * 4), ((top + y) * sheet.width + left) * 4);
  }
  return encodeImage(sheet, 'jpeg', 80);
}

const smaller = (frame: Picture): Picture =>
  resized(frame, Math.round(frame.width / SMALLER), Math.round(frame.height / SMALLER));
