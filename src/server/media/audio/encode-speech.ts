/** Samples as a file in one of the formats of speech. The text goes along, where the format has a place for it. */
import type { SpeechFormat } from '../tasks.js';
import { COMMENT_KEY } from './audio-info.js';

/**
 * Encodes one channel of 16-bit samples.
 *
 * @param text - what is said
 */
export async function encodeSpeech(
  samples: Int16Array,
  rate: number,
  text: string,
  format: SpeechFormat,
): Promise<Uint8Array> {
  switch (format) {
    case 'mp3':
      return (await import('./mp3.js')).encodeMp3(samples, rate, text);
    case 'opus':
      return (await import('./ogg-opus.js')).encodeOggOpus(samples, rate, COMMENT_KEY + text);
    case 'aac':
      return (await import('./aac/aac.js')).encodeAac(samples, COMMENT_KEY + text);
    case 'flac':
      return (await import('./flac.js')).encodeFlac(samples, rate, COMMENT_KEY + text);
    case 'wav':
      return (await import('./wav.js')).encodeWav(samples, rate, COMMENT_KEY + text);
    case 'pcm':
      return (await import('./wav.js')).encodePcm(samples);
  }
}
