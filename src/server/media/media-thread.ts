/** The task of a media thread: draw and encode. Run by Piscina; the codecs are loaded when they are needed. */
import type { Picture } from '../../simulator/pictures/picture.js';
import type { CheckTask, ImageTask, MediaProblem, MediaTask, SpeechTask, VideoTask } from './tasks.js';

export default function work(task: MediaTask): Promise<unknown> {
  if (task.kind === 'video') return makeVideo(task);
  if (task.kind === 'check') return readable(task);
  return task.kind === 'image' ? makeImage(task) : speak(task);
}

async function makeImage({ drawing, format, quality, base }: ImageTask): Promise<Uint8Array | MediaProblem> {
  const { encodeImage } = await import('./image-files.js');
  const picture = base ? await changed(base, drawing) : await drawn(drawing);
  return 'unreadable' in picture ? picture : encodeImage(picture, format, quality);
}

const drawn = async (drawing: ImageTask['drawing']): Promise<Picture> =>
  (await import('../../simulator/pictures/draw.js')).drawPicture(drawing);

async function changed(
  { bytes, mask, change }: NonNullable<ImageTask['base']>,
  drawing: ImageTask['drawing'],
): Promise<Picture | MediaProblem> {
  const { decodeImage } = await import('./image-files.js');
  const { editPicture, varyPicture } = await import('../../simulator/pictures/edit.js');
  const picture = await decodeImage(Buffer.from(bytes));
  if (!picture) return { unreadable: 'image' };
  if (change === 'vary') return varyPicture(picture, drawing);
  const where = mask && (await decodeImage(Buffer.from(mask)));
  if (mask && !where) return { unreadable: 'mask' };
  return editPicture(picture, where, drawing);
}

async function speak({ utterance, format }: SpeechTask): Promise<Uint8Array> {
  const { SPEECH_RATE, synthesize } = await import('../../simulator/speech/synthesize.js');
  const { encodeSpeech } = await import('./audio/encode-speech.js');
  return encodeSpeech(synthesize(utterance), SPEECH_RATE, utterance.text, format);
}

async function readable({ bytes, as }: CheckTask): Promise<true | MediaProblem> {
  const { decodeImage } = await import('./image-files.js');
  return (await decodeImage(Buffer.from(bytes))) ? true : { unreadable: as };
}

async function makeVideo(task: VideoTask): Promise<Uint8Array | MediaProblem> {
  const videos = await import('./video-frames.js');
  return videos.makeVideo(task);
}
