/** Images and sound as parts of a chat message. */
import { createRandom } from '../../lib/random.js';
import type { Media } from '../plan.js';
import { noisePng } from './png.js';
import { toneWav } from './wav.js';

/**
 * The parts of request `index` as JSON, each with a comma before it; no two requests have the same image or sound.
 *
 * @returns text for behind the first part of a message's content
 */
export function mediaParts(seed: number, media: Media): (index: number) => string {
  const image = (index: number, number: number): string => {
    const png = noisePng(createRandom(seed, 'image', index, number), media.imageWidth, media.imageHeight);
    return `,{"type":"image_url","image_url":{"url":"data:image/png;base64,${png.toString('base64')}"}}`;
  };
  const audio = (index: number, number: number): string => {
    const wav = toneWav(createRandom(seed, 'audio', index, number), media.audioSeconds);
    return `,{"type":"input_audio","input_audio":{"data":"${wav.toString('base64')}","format":"wav"}}`;
  };
  return (index) => {
    let parts = '';
    for (let number = 0; number < media.images; number++) parts += image(index, number);
    for (let number = 0; number < media.audio; number++) parts += audio(index, number);
    return parts;
  };
}
