/** Writes numbers of any width, one after the other, most significant bit first. */
export class BitWriter {
  #bytes: Buffer;
  #length = 0;
  #bits = 0;
  #count = 0;

  /** @param bytes - expected length; grows beyond it */
  constructor(bytes: number) {
    this.#bytes = Buffer.alloc(bytes);
  }

  /** @param bits - at most 24 */
  put(value: number, bits: number): void {
    for (let left = bits; left > 0;) {
      const take = Math.min(left, 8 - this.#count);
      left -= take;
      this.#bits = (this.#bits << take) | ((value >>> left) & ((1 << take) - 1));
      this.#count += take;
      if (this.#count === 8) this.#flush();
    }
  }

  /** So many zeros and a one. */
  unary(zeros: number): void {
    for (let left = zeros; left > 0; left -= 16) this.put(0, Math.min(left, 16));
    this.put(1, 1);
  }

  /** Zeros up to the end of the byte. */
  align(): void {
    if (this.#count > 0) this.put(0, 8 - this.#count);
  }

  /** Whole bytes; the stream must be aligned. */
  putBytes(bytes: Uint8Array): void {
    for (const byte of bytes) this.put(byte, 8);
  }

  /** The bytes that are complete. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #flush(): void {
    if (this.#length === this.#bytes.length)
      this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(Math.max(this.#length, 16))]);
    this.#bytes[this.#length++] = this.#bits;
    this.#bits = 0;
    this.#count = 0;
  }
}
