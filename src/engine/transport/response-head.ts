/** The head of an HTTP/1.1 response (RFC 9112), read from bytes; only what the engine needs is decoded. */

const LF = 10;
const CR = 13;
const SPACE = 32;
const TAB = 9;
const COLON = 58;
const PREFIX = Buffer.from('HTTP/1.');

/** How the end of a body is known. */
export type BodyFraming = 'none' | 'length' | 'chunked' | 'close';

export interface ResponseHead {
  status: number;
  contentType: string;
  retryAfter: string | undefined;
  framing: BodyFraming;
  /** With framing `length`. */
  contentLength: number;
  keepAlive: boolean;
}

/**
 * Finds the end of a head.
 *
 * @returns the position after the blank line, or -1
 */
export function findHeadEnd(buffer: Buffer, start: number, end: number): number {
  // CR LF CR LF holds nothing but CR and LF: where the fourth byte is another one, none of the four can begin it.
  let i = start;
  while (i + 3 < end) {
    const last = buffer[i + 3]!;
    if (last === LF && buffer[i] === CR && buffer[i + 1] === LF && buffer[i + 2] === CR) return i + 4;
    i += last === LF || last === CR ? 1 : 4;
  }
  return -1;
}

/** Whether bytes can be the beginning of a response; any prefix of one can. */
export function looksLikeHttp(buffer: Buffer, start: number, end: number): boolean {
  const length = Math.min(PREFIX.length, end - start);
  for (let i = 0; i < length; i++) if (buffer[start + i] !== PREFIX[i]) return false;
  return true;
}

/**
 * Parses a complete head.
 *
 * @param buffer - bytes that contain it
 * @param start - where the status line begins
 * @param end - after the blank line, see {@link findHeadEnd}
 * @returns the head, or what is wrong with it
 */
export function parseHead(buffer: Buffer, start: number, end: number): ResponseHead | string {
  const status = statusOf(buffer, start, end);
  if (status === -1) return 'the status line is not one of HTTP/1.x';
  const head: ResponseHead = {
    status,
    contentType: '',
    retryAfter: undefined,
    framing: 'close',
    contentLength: -1,
    keepAlive: buffer[start + 7] === 0x31,
  };
  let line = lineFeed(buffer, start) + 1;
  const last = end - 2;
  while (line < last) {
    const lf = lineFeed(buffer, line);
    const problem = readField(head, buffer, line, lf - 1);
    if (problem !== undefined) return problem;
    line = lf + 1;
  }
  if (status < 200 || status === 204 || status === 304) head.framing = 'none';
  else if (head.framing === 'close' && head.contentLength >= 0) head.framing = 'length';
  if (head.framing === 'close') head.keepAlive = false;
  return head;
}

/** The caller knows that there is one. */
function lineFeed(buffer: Buffer, from: number): number {
  let i = from;
  while (buffer[i] !== LF) i++;
  return i;
}

function statusOf(buffer: Buffer, start: number, end: number): number {
  if (end - start < PREFIX.length + 8 || !looksLikeHttp(buffer, start, end)) return -1;
  const minor = buffer[start + 7]!;
  if ((minor !== 0x30 && minor !== 0x31) || buffer[start + 8] !== SPACE) return -1;
  const after = buffer[start + 12];
  if (after !== SPACE && after !== CR) return -1;
  let status = 0;
  for (let i = 9; i < 12; i++) {
    const digit = buffer[start + i]! - 0x30;
    if (digit < 0 || digit > 9) return -1;
    status = status * 10 + digit;
  }
  return status < 100 ? -1 : status;
}

/** Reads the field line `[start, end)`, whose line end (CR LF) follows. */
function readField(head: ResponseHead, buffer: Buffer, start: number, end: number): string | undefined {
  if (buffer[end] !== CR) return 'a header line does not end with CR LF';
  let colon = start;
  while (colon < end && buffer[colon] !== COLON) colon++;
  if (colon === end || colon === start) return 'a header line has no name';
  switch (colon - start) {
    case 10:
      if (nameIs(buffer, start, 'connection')) readConnection(head, valueOf(buffer, colon, end));
      break;
    case 11:
      if (nameIs(buffer, start, 'retry-after')) head.retryAfter = valueOf(buffer, colon, end);
      break;
    case 12:
      if (nameIs(buffer, start, 'content-type')) head.contentType = contentTypeOf(buffer, colon, end);
      break;
    case 14:
      if (nameIs(buffer, start, 'content-length')) return readLength(head, buffer, colon, end);
      break;
    case 17:
      if (nameIs(buffer, start, 'transfer-encoding')) return readEncoding(head, valueOf(buffer, colon, end));
      break;
    default:
  }
  return undefined;
}

function nameIs(buffer: Buffer, start: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const byte = buffer[start + i]!;
    const lower = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
    if (lower !== name.charCodeAt(i)) return false;
  }
  return true;
}

function valueOf(buffer: Buffer, colon: number, end: number): string {
  let from = colon + 1;
  let to = end;
  while (from < to && (buffer[from] === SPACE || buffer[from] === TAB)) from++;
  while (to > from && (buffer[to - 1] === SPACE || buffer[to - 1] === TAB)) to--;
  return buffer.toString('latin1', from, to);
}

/** The value before: servers send the same one again and again, and comparing is cheaper than decoding. */
let lastContentType = 'application/json';

function contentTypeOf(buffer: Buffer, colon: number, end: number): string {
  const from = colon + 2;
  if (
    end - from !== lastContentType.length ||
    !bytesAre(buffer, from, lastContentType) ||
    buffer[from - 1] !== SPACE
  ) {
    lastContentType = valueOf(buffer, colon, end);
  }
  return lastContentType;
}

function bytesAre(buffer: Buffer, start: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (buffer[start + i] !== text.charCodeAt(i)) return false;
  return true;
}

function readConnection(head: ResponseHead, value: string): void {
  for (const token of value.toLowerCase().split(',')) {
    const name = token.trim();
    if (name === 'close') head.keepAlive = false;
    else if (name === 'keep-alive') head.keepAlive = true;
  }
}

function readLength(head: ResponseHead, buffer: Buffer, colon: number, end: number): string | undefined {
  let from = colon + 1;
  while (from < end && (buffer[from] === SPACE || buffer[from] === TAB)) from++;
  let to = end;
  while (to > from && (buffer[to - 1] === SPACE || buffer[to - 1] === TAB)) to--;
  let length = 0;
  for (let i = from; i < to; i++) {
    const digit = buffer[i]! - 0x30;
    if (digit < 0 || digit > 9) return 'content-length is not a number';
    length = length * 10 + digit;
  }
  if (from === to || !Number.isSafeInteger(length)) return 'content-length is not a number';
  if (head.contentLength >= 0) return 'content-length is given twice';
  if (head.framing === 'chunked') return 'content-length beside transfer-encoding';
  head.contentLength = length;
  return undefined;
}

function readEncoding(head: ResponseHead, value: string): string | undefined {
  if (head.contentLength >= 0) return 'content-length beside transfer-encoding';
  if (!/^(?:.*,\s*)?chunked$/i.test(value)) return `the transfer-encoding ${value} is not supported`;
  head.framing = 'chunked';
  return undefined;
}
