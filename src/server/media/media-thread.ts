/** The task of a media thread: draw and encode, or read a document. Run by Piscina; the codecs are loaded when they are needed. */
import { messageOf } from '../../lib/errors.js';
import type { Picture } from '../../simulator/pictures/picture.js';
import type {
  ChartTask,
  CheckTask,
  ImageTask,
  MediaProblem,
  MediaTask,
  MediaTasks,
  OfficeTask,
  PdfTask,
  SignalTask,
  SpeechTask,
  VideoTask,
} from './tasks.js';

export default function work(task: MediaTask): Promise<unknown> {
  switch (task.kind) {
    case 'video':
      return makeVideo(task);
    case 'image':
      return makeImage(task);
    case 'chart':
      return plot(task);
    case 'speech':
      return speak(task);
    case 'check':
      return readable(task);
    case 'pdf':
      return readPdf(task);
    case 'office':
      return readOffice(task);
    case 'signal':
      return signal(task);
  }
}

async function makeImage(task: ImageTask): Promise<Uint8Array | MediaProblem> {
  const { encodeImage } = await import('./image-files.js');
  const { drawing, format, quality, base } = task;
  const picture = base ? await changed(base, task) : await drawn(drawing);
  if ('unreadable' in picture) return picture;
  const { textIn, withText } = await import('./picture-text.js');
  // What a picture is made from is still on it.
  const before = base ? textIn(Buffer.from(base.bytes)) : '';
  const prompt = base?.change === 'vary' ? '' : drawing.prompt;
  return withText(await encodeImage(picture, format, quality), format, `${before}\n${prompt}`.trim());
}

const drawn = async (drawing: ImageTask['drawing']): Promise<Picture> =>
  (await import('../../simulator/pictures/draw.js')).drawPicture(drawing);

async function changed(
  base: NonNullable<ImageTask['base']>,
  { drawing, background = 'kept' }: ImageTask,
): Promise<Picture | MediaProblem> {
  const { editPicture, varyPicture } = await import('../../simulator/pictures/edit.js');
  const pictures = await Promise.all([base.bytes, ...base.others].map(decoded));
  const [first, ...others] = pictures.filter((one) => one !== undefined);
  if (!first || others.length < base.others.length) return { unreadable: 'image' };
  if (base.change === 'vary') return varyPicture(first, drawing);
  const mask = base.mask && (await decoded(base.mask));
  if (base.mask && !mask) return { unreadable: 'mask' };
  return editPicture(first, drawing, { mask, others, closely: base.closely, background });
}

const decoded = async (bytes: Uint8Array): Promise<Picture | undefined> =>
  (await import('./image-files.js')).decodeImage(Buffer.from(bytes));

async function plot({ chart }: ChartTask): Promise<Uint8Array> {
  const { drawChart } = await import('../../simulator/pictures/chart.js');
  const { encodeImage } = await import('./image-files.js');
  return encodeImage(drawChart(chart), 'png', 0);
}

async function speak({ utterance, format }: SpeechTask): Promise<Uint8Array> {
  const { SPEECH_RATE, synthesize } = await import('../../simulator/speech/synthesize.js');
  const { encodeSpeech } = await import('./audio/encode-speech.js');
  return encodeSpeech(synthesize(utterance), SPEECH_RATE, utterance.text, format);
}

async function readable({ bytes, as }: CheckTask): Promise<true | MediaProblem> {
  return (await decoded(bytes)) ? true : { unreadable: as };
}

async function makeVideo(task: VideoTask): Promise<Uint8Array | MediaProblem> {
  const videos = await import('./video-frames.js');
  return videos.makeVideo(task);
}

async function signal({ bytes }: SignalTask): Promise<MediaTasks['signal']['result']> {
  const { signalIn } = await import('../../simulator/moderation/signals.js');
  const picture = await decoded(bytes);
  return { signal: picture && signalIn(picture) };
}

async function readPdf({ bytes }: PdfTask): Promise<MediaTasks['pdf']['result']> {
  const { pdfText } = await import('../documents/pdf-text.js');
  try {
    return await pdfText(bytes);
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

async function readOffice({ office, bytes }: OfficeTask): Promise<MediaTasks['office']['result']> {
  const { officeText } = await import('../documents/office-text.js');
  return officeText(office, bytes);
}
