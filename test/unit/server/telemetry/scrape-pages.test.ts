import { describe, expect, it } from 'vitest';
import { ScrapePages, type Sendable } from '../../../../src/server/telemetry/scrape-pages.js';

const textOf = ({ bytes }: Sendable): string => Buffer.from(bytes).toString();

describe('pages of scrapes', () => {
  const pages = new ScrapePages<'a' | 'b'>();
  const write = (names: readonly ('a' | 'b')[], value: number): Sendable =>
    pages.write(names, (name, page) => void page.family(name, 'gauge', '').sample('', value));
  const expected = (name: string, value: number): string =>
    `# HELP ${name} \n# TYPE ${name} gauge\n${name} ${value}\n`;

  it('stand one below the other, as often as they are asked for', () => {
    const sent = write(['b', 'a', 'b'], 7);
    expect(textOf(sent)).toBe(expected('b', 7) + expected('a', 7) + expected('b', 7));
    sent.release();
  });

  it('leave bytes alone that are still being sent', () => {
    const slow = write(['a'], 1);
    const second = write(['a'], 23);
    second.release();
    const third = write(['a'], 456);
    expect(textOf(slow)).toBe(expected('a', 1));
    expect(textOf(third)).toBe(expected('a', 456));
    slow.release();
    third.release();
  });

  it('are kept by what they consist of', () => {
    const both = write(['a', 'b'], 1);
    const one = write(['a'], 2);
    expect(textOf(both)).toBe(expected('a', 1) + expected('b', 1));
    expect(textOf(one)).toBe(expected('a', 2));
    both.release();
    one.release();
  });

  it('use memory again that has been sent', () => {
    const first = write(['a'], 1);
    first.release();
    const { buffer, byteOffset } = write(['a'], 2).bytes;
    expect([buffer, byteOffset]).toEqual([first.bytes.buffer, first.bytes.byteOffset]);
    expect(textOf(first)).toBe(expected('a', 2));
  });
});
