/** The modified discrete cosine transform of AAC's long blocks: 2,048 samples to 1,024 lines. */

/** Lines of a block, and samples that it goes on by. */
export const LINES = 1024;
const HALF = LINES / 2;

/** The sine window (window shape 0). */
const WINDOW = Float64Array.from({ length: 2 * LINES }, (_, n) =>
  Math.sin((Math.PI * (n + 0.5)) / (2 * LINES)),
);

/** Turns before and after the Fourier transform: real parts, then imaginary ones. */
const TWIST = Float64Array.from({ length: LINES }, (_, i) => {
  const angle = (-Math.PI * ((i % HALF) + 1 / 8)) / LINES;
  return i < HALF ? Math.cos(angle) : Math.sin(angle);
});
const ROOTS = Float64Array.from({ length: HALF }, (_, i) => {
  const angle = (-2 * Math.PI * (i >> 1)) / HALF;
  return i % 2 === 0 ? Math.cos(angle) : Math.sin(angle);
});
const REVERSED = Uint16Array.from({ length: HALF }, (_, i) => {
  let reversed = 0;
  for (let bit = 1; bit < HALF; bit *= 2) reversed = reversed * 2 + ((i & bit) === 0 ? 0 : 1);
  return reversed;
});

/** A Fourier transform of 512 complex numbers that are in bit-reversed order (Cooley and Tukey). */
function fourier(re: Float64Array, im: Float64Array): void {
  for (let size = 2; size <= HALF; size *= 2) {
    const step = HALF / size;
    for (let from = 0; from < HALF; from += size) {
      for (let k = 0; k < size / 2; k++) {
        const cos = ROOTS[2 * k * step]!;
        const sin = ROOTS[2 * k * step + 1]!;
        const a = from + k;
        const b = a + size / 2;
        const x = re[b]! * cos - im[b]! * sin;
        const y = re[b]! * sin + im[b]! * cos;
        re[b] = re[a]! - x;
        im[b] = im[a]! - y;
        re[a] = re[a]! + x;
        im[a] = im[a]! + y;
      }
    }
  }
}

/**
 * The lines of a block, scaled as AAC decoders expect them.
 *
 * @param samples - those of the block begin at `at`; what is outside counts as silence
 */
export function mdct(samples: Int16Array, at: number): Float64Array {
  const sample = (n: number): number => (samples[at + n] ?? 0) * WINDOW[n]!;
  // The four quarters of the window (a, b, c, d) fold into (-c reversed - d, a - b reversed).
  const folded = new Float64Array(LINES);
  for (let n = 0; n < HALF; n++) {
    folded[n] = -sample(3 * HALF - 1 - n) - sample(3 * HALF + n);
    folded[HALF + n] = sample(n) - sample(LINES - 1 - n);
  }
  const re = new Float64Array(HALF);
  const im = new Float64Array(HALF);
  for (let n = 0; n < HALF; n++) {
    const [x, y] = [folded[2 * n]!, folded[LINES - 1 - 2 * n]!];
    const [cos, sin] = [TWIST[n]!, TWIST[HALF + n]!];
    re[REVERSED[n]!] = x * cos - y * sin;
    im[REVERSED[n]!] = x * sin + y * cos;
  }
  fourier(re, im);
  const lines = new Float64Array(LINES);
  for (let k = 0; k < HALF; k++) {
    const [cos, sin] = [TWIST[k]!, TWIST[HALF + k]!];
    lines[2 * k] = 2 * (re[k]! * cos - im[k]! * sin);
    lines[LINES - 1 - 2 * k] = -2 * (re[k]! * sin + im[k]! * cos);
  }
  return lines;
}
