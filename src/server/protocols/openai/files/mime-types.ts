/** Whether the beginning of a file can be of the type that its upload names. Types that nothing is known of can be anything. */

/** Bytes of a file that are looked at. */
const LOOKED = 4096;

const begins =
  (...signatures: readonly string[]) =>
  (bytes: Buffer): boolean =>
    signatures.some((one) => bytes.toString('latin1', 0, one.length) === one);

const zip = begins('PK\x03\x04', 'PK\x05\x06');

const SIGNATURES: ReadonlyMap<string, (bytes: Buffer) => boolean> = new Map([
  ['image/png', begins('\x89PNG\r\n\x1a\n')],
  ['image/jpeg', begins('\xff\xd8\xff')],
  ['image/gif', begins('GIF87a', 'GIF89a')],
  ['image/webp', (bytes) => begins('RIFF')(bytes) && bytes.toString('latin1', 8, 12) === 'WEBP'],
  ['application/zip', zip],
  ['application/vnd.openxmlformats-officedocument.wordprocessingml.document', zip],
  ['application/vnd.openxmlformats-officedocument.presentationml.presentation', zip],
  ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', zip],
  // Some have bytes before it.
  ['application/pdf', (bytes) => bytes.subarray(0, 1024).includes('%PDF-')],
]);

const TEXT =
  /^text\/|^application\/(?:json|jsonl|x-ndjson|ndjson|jsonlines|x-jsonlines|xml|typescript|javascript)$/;

/** Text has no zeros, unless it says that it is UTF-16. */
const isText = (bytes: Buffer): boolean =>
  begins('\xff\xfe', '\xfe\xff')(bytes) || !bytes.subarray(0, LOOKED).includes(0);

/** @param mimeType - as the client wrote it, with parameters or without */
export function canBe(mimeType: string, bytes: Buffer): boolean {
  const type = mimeType.split(';')[0]!.trim().toLowerCase();
  const signature = SIGNATURES.get(type);
  if (signature) return signature(bytes);
  return !TEXT.test(type) || isText(bytes);
}
