/**
 * The Huffman codes of AAC (ISO/IEC 13818-7, annex A; ISO/IEC 14496-3, tables 4.A.1 to 4.A.12), those that the encoder uses.
 * All of them are canonical: codewords of a length follow each other, and longer ones come after shorter ones. So a book
 * is told by how many codewords of each length it has, and which symbols they stand for, in order.
 */

/** A code: length and bits of each symbol's codeword. */
export interface Codebook {
  lengths: Uint8Array;
  codes: Uint32Array;
}

/**
 * @param counts - how many codewords have 1, 2, 3 … bits
 * @param symbols - two digits of base 36 each, in the order of their codewords
 */
function book(counts: readonly number[], symbols: string): Codebook {
  const size = symbols.length / 2;
  const lengths = new Uint8Array(size);
  const codes = new Uint32Array(size);
  let code = 0;
  let at = 0;
  for (const [index, count] of counts.entries()) {
    code *= 2;
    for (let i = 0; i < count; i++, at += 2) {
      const symbol = parseInt(symbols.slice(at, at + 2), 36);
      lengths[symbol] = index + 1;
      codes[symbol] = code++;
    }
  }
  return { lengths, codes };
}

const BOOKS = {
  1: book(
    [1, 0, 0, 0, 8, 0, 24, 0, 24, 8, 16],
    '141v0d131d1511170v1m0m121a0y162410040s1s1c0g181y0w1g1e0a1w0c1u0e0u210j1p1f1b0z0x1j1t190p0f070t1n' +
      '1l0l010r1h1x250n270509231r0b030h1z1o0k0o1k2808200600221q0q0i021i26',
  ),
  3: book(
    [1, 0, 0, 4, 2, 6, 3, 5, 15, 15, 8, 9, 3, 3, 5, 2],
    '000r01090310040c0a0u0d0s13140v111i02051r1c070g190e1u060l0f0i0b1l1d0m16171a0x0y0j1v151s0w080h231f' +
      '0t1j0p201g121m18240o0n0z211x260q271y1e1h0k1o1b1p1w1t28251z1n1k221q',
  ),
  5: book(
    [1, 0, 0, 4, 4, 0, 4, 12, 12, 12, 18, 10, 4],
    '140v1d15131c0w0u1e0m161m120l1n0t1f0n1l0x1b0d1v11170c1g1w0s0e1u1a0y0o1o0k1k0b1t0p1j1x1p0f0j100425' +
      '240318230r1h0z05191s0a0g0q02261i1q1y060i221r01071z0h27210920082800',
  ),
  7: book(
    [1, 0, 2, 1, 0, 4, 5, 10, 14, 15, 8, 4],
    '000801090h0a0g020p0b0i0o030j0q0c0x0d150r0k040w0y0l16051d140e0z0t0s170m1e0f0u061c101l111m181f0n1n' +
      '1g19120v1k071h1a1o131b1p1q1i1j1r',
  ),
  9: book(
    [1, 0, 2, 1, 0, 4, 3, 8, 11, 20, 31, 38, 32, 14, 4],
    '000d010e0r0f0q02140s0g13030t150h1h0u0i1i16041g1u0v0j171v271j050w1t0k180l2x1k1w282k062y0y190x1l3a' +
      '0m2l261x292z073b1b1m1a083n2a0z1y2w2j2m3o3c300n2n2b1z1o1n1c402139313p1009413d2c4d1p320o3e3q202o11' +
      '0p4e421d222d33430a2p4f3m3r1q2e123f3g1r3z2f1e23342r4h1f442q4g453s1s2s240b4i2g4c3t252t3h0c46353i3u' +
      '2u4j2h37472v2i363v383j3k3l3x4l3w484k494m4n3y4a4b4o',
  ),
  11: book(
    [0, 0, 0, 2, 6, 7, 16, 59, 55, 95, 43, 6],
    '000i800h010z0j100k1g1h0y11021i1x0l1y121z1j1f032e2f13200m2g1k2h212w142v2x1l0n2c1v7p7n7o2y7q1w2204' +
      '1e2i2t7r7m7s153d1m2z2j3a7u3e3c7t3r0x0o237v3f7w487l304p162k567x3v3u1n2d7y5n3g24313h053w7z640p3t72' +
      '2l6l1o3x3i173y4b4c7j25322u4d2m3z3j0q4t064s4a4e26184f1p334u404v4g5a0r3b4w3k1q2n4r2759673468197k2o' +
      '5c5b4h3l410g29071s5d66695r1b6a42354y4x6o5s0s28581r0u5q3m1t2p2q6q2a5e6p5t6b5u3s5f1a4i6r375075434j' +
      '6s4z2r5g6n1c360t6d086c3n5v3o765p381d78770v4k2b6t456e442s1u515h5w797a46743p49094m4l5x6u536v5y393q' +
      '4n7b5i5l0w52546g6f5k5j476x6h617c6w4q5z4o0a605762556i0d6y7d7e5m6z650b6j7f7g636m706k5o710e0c7h730f' +
      '7i',
  ),
  scaleFactors: book(
    [1, 0, 1, 3, 2, 4, 3, 5, 4, 6, 6, 6, 5, 8, 4, 7, 3, 7, 46],
    '1o1n1p1m1q1l1r1k1s1j1t1u1i1v1h1w1g1x1f1y1e1d1z201c211b221a24232526191718271615281429132a122b110z' +
      '2d0x100y2c0w2f2h0u0v2e0t0q0r0s0o2g0p0m0n2i0l0j030102002q2r2s2t2u392p2j2k2l2m2n2o2w33343536373832' +
      '2x2y2z30313a0608090a052v3c3b04070f0g0i0k0h0b0c0e0d',
  ),
};

/** Differences of scale factors; the symbol is the difference and 60. */
export const SCALE_FACTORS = BOOKS.scaleFactors;

/** How a code of spectral lines reads them: some at once, as digits of a number. */
export interface SpectralBook extends Codebook {
  /** As the stream names it. */
  number: number;
  /** Lines at once. */
  lines: 2 | 4;
  /** Digits go up to one less. */
  base: number;
  /** Whether digits have a sign themselves (they are moved by half the base then), or signs follow as bits. */
  signed: boolean;
  /** Largest magnitude of a line. */
  most: number;
}

/** The magnitude from which on a line is written as an escape sequence, in the last book. */
export const ESCAPE = 16;

/** From the smallest magnitudes to any. Books for the same magnitudes but other statistics are left out. */
export const SPECTRAL_BOOKS: readonly SpectralBook[] = [
  { ...BOOKS[1], number: 1, lines: 4, base: 3, signed: true, most: 1 },
  { ...BOOKS[3], number: 3, lines: 4, base: 3, signed: false, most: 2 },
  { ...BOOKS[5], number: 5, lines: 2, base: 9, signed: true, most: 4 },
  { ...BOOKS[7], number: 7, lines: 2, base: 8, signed: false, most: 7 },
  { ...BOOKS[9], number: 9, lines: 2, base: 13, signed: false, most: 12 },
  { ...BOOKS[11], number: 11, lines: 2, base: 17, signed: false, most: 8191 },
];
