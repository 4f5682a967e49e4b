/** Short arrays of numbers, cut from longer pieces of memory. */

/**
 * Makes arrays whose memory stands together, because the engine pays for each piece of memory, and for its end, more than for filling
 * it. An array that is kept keeps its whole slab; those longer than a quarter of one have memory of their own. All numbers are 0 at
 * first.
 *
 * @param view - an array of so many numbers, from a place in a slab on
 */
export function cutFromSlabs<T extends Int32Array | Float64Array>(
  slabBytes: number,
  numberBytes: number,
  view: (memory: ArrayBuffer, fromByte: number, length: number) => T,
): (length: number) => T {
  let memory = new ArrayBuffer(slabBytes);
  let used = 0;
  return (length) => {
    const bytes = length * numberBytes;
    if (bytes > slabBytes / 4) return view(new ArrayBuffer(bytes), 0, length);
    if (used + bytes > slabBytes) {
      memory = new ArrayBuffer(slabBytes);
      used = 0;
    }
    used += bytes;
    return view(memory, used - bytes, length);
  };
}
