/** Decodes the FLAC files that the server makes, as RFC 9639 says: one channel, verbatim and fixed subframes. */

class BitReader {
  #at = 0;

  constructor(readonly bytes: Buffer) {}

  get byteAt(): number {
    return Math.ceil(this.#at / 8);
  }

  seek(byte: number): void {
    this.#at = byte * 8;
  }

  read(bits: number): number {
    let value = 0;
    for (let i = 0; i < bits; i++, this.#at++)
      value = value * 2 + ((this.bytes[this.#at >> 3]! >> (7 - (this.#at & 7))) & 1);
    return value;
  }

  signed(bits: number): number {
    const value = this.read(bits);
    return value >= 2 ** (bits - 1) ? value - 2 ** bits : value;
  }

  unary(): number {
    let zeros = 0;
    while (this.read(1) === 0) zeros++;
    return zeros;
  }
}

/** The samples of a file. */
export function decodeFlac(file: Buffer): Int16Array {
  let at = 4;
  for (let last = false; !last;) {
    last = (file[at]! & 0x80) !== 0;
    at += 4 + file.readUIntBE(at + 1, 3);
  }
  const samples: number[] = [];
  const reader = new BitReader(file);
  for (reader.seek(at); reader.byteAt < file.length;) samples.push(...decodeFrame(reader));
  return Int16Array.from(samples);
}

function decodeFrame(reader: BitReader): number[] {
  if (reader.read(15) !== 0x7ffc) throw new Error('no frame');
  reader.read(1);
  if (reader.read(4) !== 7) throw new Error('the size of the block is elsewhere');
  reader.read(12);
  let lead = 0;
  while (reader.read(1) === 1) lead++;
  reader.read(7 - lead);
  for (let i = 1; i < lead; i++) reader.read(8);
  const size = reader.read(16) + 1;
  reader.read(8);
  reader.read(1);
  const type = reader.read(6);
  reader.read(1);
  const samples: number[] = [];
  if (type === 1) for (let i = 0; i < size; i++) samples.push(reader.signed(16));
  else readFixed(reader, type - 8, size, samples);
  reader.seek(reader.byteAt + 2);
  return samples;
}

function readFixed(reader: BitReader, order: number, size: number, samples: number[]): void {
  if (order !== 2) throw new Error(`order ${order}`);
  samples.push(reader.signed(16), reader.signed(16));
  reader.read(6);
  const parameter = reader.read(4);
  for (let i = order; i < size; i++) {
    const folded = reader.unary() * 2 ** parameter + reader.read(parameter);
    const residual = folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
    samples.push(residual + 2 * samples[i - 1]! - samples[i - 2]!);
  }
}
