/**
 * Vectors as JSON. Nine digits tell any two 32-bit floats apart: those of `toPrecision(9)`, which takes ten times as long for the
 * thousands of numbers of a vector.
 */

const DIGITS = 9;
const TOO_MANY = 10 ** DIGITS;
/** Room of a number: sign, zeros, digits and a comma, or whatever `toPrecision` gives. */
const MOST_BYTES = 24;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const OPEN = 0x5b;
const CLOSE = 0x5d;

/** Smallest numbers that have so many zeros behind the point; below the last one numbers have exponents. */
const LEAST = [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6] as const;
/** What makes whole numbers of {@link DIGITS} digits of those: powers of ten that a double has exactly. */
const SCALES = [1e9, 1e10, 1e11, 1e12, 1e13, 1e14] as const;
/** So near to the middle between two last digits the product may be on the wrong side of it, and is not relied on. */
const UNSURE = 2 ** -20;

/** The digits of numbers below 1,000. */
const TRIPLES = Uint8Array.from({ length: 3000 }, (_, i) => {
  const number = Math.floor(i / 3);
  return ZERO + (Math.floor(number / 10 ** (2 - (i % 3))) % 10);
});

let latest = Buffer.allocUnsafeSlow(0);

/** A vector, as text. */
export function floatsJson(vector: Float32Array): string {
  const room = vector.length * MOST_BYTES + 2;
  if (latest.length < room) latest = Buffer.allocUnsafeSlow(room);
  const bytes = latest;
  let at = 0;
  bytes[at++] = OPEN;
  for (let i = 0; i < vector.length; i++) {
    if (i > 0) bytes[at++] = COMMA;
    at = writeFloat(bytes, vector[i]!, at);
  }
  bytes[at++] = CLOSE;
  return bytes.toString('latin1', 0, at);
}

/** @returns where it ends */
function writeFloat(bytes: Buffer, value: number, start: number): number {
  const size = Math.abs(value);
  if (!(size >= LEAST[5] && size < 1)) return writeUsual(bytes, value, start);
  let zeros = 0;
  while (size < LEAST[zeros]!) zeros++;
  const scaled = size * SCALES[zeros]!;
  // Whole numbers of nine digits fit into 31 bits, where they are quick to divide.
  const below = scaled | 0;
  const rest = scaled - below - 0.5;
  const digits = rest > 0 ? below + 1 : below;
  if (digits === TOO_MANY || (rest < UNSURE && rest > -UNSURE)) return writeUsual(bytes, value, start);
  let at = start;
  if (value < 0) bytes[at++] = MINUS;
  bytes[at++] = ZERO;
  bytes[at++] = POINT;
  for (let i = 0; i < zeros; i++) bytes[at++] = ZERO;
  const thousands = (digits / 1000) | 0;
  const millions = (thousands / 1000) | 0;
  writeTriple(bytes, millions, at);
  writeTriple(bytes, thousands - 1000 * millions, at + 3);
  writeTriple(bytes, digits - 1000 * thousands, at + 6);
  return at + DIGITS;
}

function writeTriple(bytes: Buffer, number: number, at: number): void {
  bytes[at] = TRIPLES[3 * number]!;
  bytes[at + 1] = TRIPLES[3 * number + 1]!;
  bytes[at + 2] = TRIPLES[3 * number + 2]!;
}

const writeUsual = (bytes: Buffer, value: number, at: number): number =>
  at + bytes.write(value.toPrecision(DIGITS), at, 'latin1');
