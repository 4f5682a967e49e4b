/** Bodies that arrive compressed (`content-encoding`), as some clients and proxies send them. */
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import type { HttpRequest } from './parser.js';
import { ProtocolError, type RequestHead } from './request-head.js';

type Decoder = (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;

/** Zstandard came with Node 22.15. */
const { zstdDecompress } = zlib as { zstdDecompress?: Parameters<typeof promisify>[0] };
const DECODERS: Readonly<Record<string, Decoder>> = {
  gzip: promisify(zlib.gunzip),
  'x-gzip': promisify(zlib.gunzip),
  deflate: promisify(zlib.inflate),
  br: promisify(zlib.brotliDecompress),
  ...(zstdDecompress && { zstd: promisify(zstdDecompress) as unknown as Decoder }),
};

/** Nobody compresses twice on purpose, and each coding costs the time of a whole body. */
const CODINGS = 2;

/** The codings of a body in the order in which they were applied; undefined when it is as it is. */
export function contentCodings({ headers }: RequestHead): readonly string[] | undefined {
  const header = headers.get('content-encoding');
  if (header === undefined) return undefined;
  const codings = header
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity');
  return codings.length > 0 ? codings : undefined;
}

/**
 * The request with its body as it was before it was compressed.
 *
 * @param limit - bytes that the body may have then
 * @throws ProtocolError 415 for a coding that is not known, 400 for bytes that are not in it, 413 for too many
 */
export async function decodeBody(
  { head, body }: HttpRequest,
  codings: readonly string[],
  limit: number,
): Promise<HttpRequest> {
  const known = Object.keys(DECODERS).filter((coding) => coding !== 'x-gzip');
  const decoders = codings.map((coding) => {
    const decoder = Object.hasOwn(DECODERS, coding) ? DECODERS[coding] : undefined;
    if (decoder && codings.length <= CODINGS) return decoder;
    const text = codings.join(', ').slice(0, 100);
    throw new ProtocolError(415, `cannot read Content-Encoding: ${text}; use one of ${known.join(', ')}`);
  });
  // Its memory may change as soon as this waits.
  let plain: Buffer = Buffer.from(body);
  for (const decoder of decoders.toReversed()) plain = await decodeOnce(decoder, plain, limit);
  return { head: { ...head, bodyLength: plain.length }, body: plain };
}

async function decodeOnce(decoder: Decoder, bytes: Buffer, limit: number): Promise<Buffer> {
  try {
    return await decoder(bytes, { maxOutputLength: limit });
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE')
      throw new ProtocolError(413, `the request body is larger than ${limit} bytes (--body-limit)`);
    throw new ProtocolError(400, 'the body is not in the coding that Content-Encoding names');
  }
}
