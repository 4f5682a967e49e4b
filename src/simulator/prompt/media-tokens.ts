/** What parts of a prompt that are not text cost in tokens. */
import { imageSize, type PixelSize } from './image-size.js';
import { type ImageDetail, imageRule, imageTokens } from './image-tokens.js';
import { soundSeconds } from './sound-length.js';

/** A part of a prompt that is not text. What is `stored` is known by its id until it is fetched, and costs nothing before. */
export type MediaPart =
  | { readonly kind: 'image'; readonly url: string; readonly detail: ImageDetail }
  | { readonly kind: 'stored'; readonly as: 'image' | 'file'; readonly url: string; readonly at: string }
  | { readonly kind: 'audio'; readonly data: string }
  | { readonly kind: 'video'; readonly url: string; readonly detail: ImageDetail }
  | FilePart;

/** A file. What is no plain text is read before it is counted. */
export interface FilePart {
  readonly kind: 'file';
  readonly url: string;
  /** What it is called. */
  readonly name?: string | undefined;
  /** Of pages: how closely they are looked at. */
  readonly detail?: ImageDetail | undefined;
  /** What is written in it, once it was read. */
  readonly text?: string;
  /** Pages that are looked at, once it was read. */
  readonly pages?: number;
}

/** Tokens by kind. */
export interface MediaTokens {
  text: number;
  image: number;
  audio: number;
}

/** Of an image whose size cannot be known, because it lies behind a URL: what the simulator does not fetch. */
const UNKNOWN_SIZE: PixelSize = { width: 1024, height: 1024 };
/** Bytes of an image that are decoded: a JPEG's size may come after a preview. */
const HEADER_BYTES = 256 * 1024;
/** "Audio input tokens: 1 per 100 ms" (OpenAI, Pricing). */
const AUDIO_TOKENS_PER_S = 10;
/** A page of a PDF is seen as an image as well as read. */
const PAGE_SIZE: PixelSize = { width: 1024, height: 1325 };

/** Video as Cosmos counts it: a base, and so many for each frame. */
const VIDEO = { base: 85, lowFrame: 10, highFrame: 20, tile: 10, tileSide: 512 } as const;
const UNKNOWN_VIDEO = { width: 512, height: 288, seconds: 5, fps: 4 } as const;
/** Longest video that is counted, in frames. */
const MAX_FRAMES = 100_000;

/** Counts tokens of text. */
interface Counter {
  count(text: string): number;
}

/** Tokens of all parts. */
export function mediaTokens(parts: readonly MediaPart[], model: string, counter: Counter): MediaTokens {
  const sum: MediaTokens = { text: 0, image: 0, audio: 0 };
  for (const part of parts) {
    switch (part.kind) {
      case 'image':
        sum.image += imageTokens(imageRule(model), sizeOf(part.url), part.detail);
        break;
      case 'audio':
        sum.audio += Math.max(
          1,
          Math.round(soundSeconds(Buffer.from(part.data, 'base64')) * AUDIO_TOKENS_PER_S),
        );
        break;
      case 'video':
        sum.image += videoTokens(part.url, part.detail);
        break;
      case 'stored':
        break;
      case 'file':
        addFile(sum, part, model, counter);
        break;
    }
  }
  return sum;
}

/** The bytes of a `data:` URL, at most so many; undefined when it is none. */
function dataOf(url: string, maxBytes = Number.POSITIVE_INFINITY): Buffer | undefined {
  if (!url.startsWith('data:')) return undefined;
  const comma = url.indexOf(',');
  if (comma < 0) return undefined;
  const characters = Math.min(url.length, comma + 1 + Math.ceil((maxBytes * 4) / 3));
  const data = url.slice(comma + 1, characters);
  return url.slice(0, comma).endsWith(';base64')
    ? Buffer.from(data, 'base64')
    : Buffer.from(decodeText(data));
}

function decodeText(data: string): string {
  try {
    return decodeURIComponent(data);
  } catch {
    return data;
  }
}

/** An image's size: from its bytes; else from its URL, such as `?width=640&height=480` or `/640x480/`. */
function sizeOf(url: string): PixelSize {
  const bytes = dataOf(url, HEADER_BYTES);
  const known = bytes && imageSize(bytes);
  if (known) return known;
  const text = url.slice(0, 2000);
  const marked = /(?:dim=|[/_=-])(\d{1,5})x(\d{1,5})(?!\d)/.exec(text);
  if (marked) return sized(Number(marked[1]), Number(marked[2]));
  const width = /[?&](?:width|w)=(\d{1,5})/.exec(text);
  const height = /[?&](?:height|h)=(\d{1,5})/.exec(text);
  return width && height ? sized(Number(width[1]), Number(height[1])) : UNKNOWN_SIZE;
}

const sized = (width: number, height: number): PixelSize =>
  width > 0 && height > 0 ? { width, height } : UNKNOWN_SIZE;

/** Of a video only what its URL says is known, such as `512x288_5s_4fps` or `meta=512x288:5s@4fps`. */
function videoTokens(url: string, detail: ImageDetail): number {
  const found = /(\d{1,5})x(\d{1,5})[_:](\d{1,5}(?:\.\d+)?)s[_@](\d{1,3}(?:\.\d+)?)fps/.exec(
    url.slice(0, 2000),
  );
  const [width, height, seconds, fps] = found
    ? found.slice(1).map(Number)
    : [UNKNOWN_VIDEO.width, UNKNOWN_VIDEO.height, UNKNOWN_VIDEO.seconds, UNKNOWN_VIDEO.fps];
  const frames = Math.min(Math.max(1, Math.round(seconds! * fps!)), MAX_FRAMES);
  const isHigh = detail === 'high' || (detail === 'auto' && Math.max(width!, height!) > VIDEO.tileSide);
  if (!isHigh) return VIDEO.base + frames * VIDEO.lowFrame;
  const tiles = Math.max(1, Math.floor(width! / VIDEO.tileSide) * Math.floor(height! / VIDEO.tileSide));
  return VIDEO.base + frames * (VIDEO.highFrame + VIDEO.tile * tiles);
}

/** What is written in a file as far as that is known. */
export const writtenIn = ({ url, text }: FilePart): string | undefined => text ?? textOfFile(url);

/** The bytes of a file that is neither plain text nor behind a URL: PDF, or a document of an office. */
export function documentBytes({ url }: FilePart): Buffer | undefined {
  const data = url.startsWith('data:')
    ? url.slice(url.indexOf(',') + 1, url.indexOf(',') + 9)
    : url.slice(0, 8);
  return DOCUMENTS.some((head) => data.startsWith(head)) ? bytesOfFile(url) : undefined;
}

/** What PDF files and archives begin with, in Base64. */
const DOCUMENTS = ['JVBERi', 'UEsDB'];

/** The text of a file; undefined for a PDF. Without data, of what is behind a URL, none: it is not fetched. */
function textOfFile(url: string): string | undefined {
  const bytes = bytesOfFile(url);
  return isPdf(bytes) ? undefined : bytes.toString('utf8');
}

/** Data may come without saying that it is. */
const bytesOfFile = (url: string): Buffer =>
  dataOf(url) ?? (url.includes('://') ? Buffer.alloc(0) : Buffer.from(url, 'base64'));

const isPdf = (bytes: Buffer): boolean => bytes.toString('latin1', 0, 5) === '%PDF-';

function addFile(sum: MediaTokens, part: FilePart, model: string, counter: Counter): void {
  const { url, detail, text, pages: read } = part;
  if (text !== undefined) {
    sum.text += counter.count(text);
    sum.image += (read ?? 0) * imageTokens(imageRule(model), PAGE_SIZE, detail === 'low' ? 'low' : 'high');
    return;
  }
  const bytes = bytesOfFile(url);
  if (!isPdf(bytes)) {
    sum.text += counter.count(bytes.toString('utf8'));
    return;
  }
  const pages = bytes.toString('latin1').match(/\/Type\s*\/Page(?![a-zA-Z])/g)?.length ?? 1;
  sum.image += pages * imageTokens(imageRule(model), PAGE_SIZE, 'high');
}
