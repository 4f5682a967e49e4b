import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../../src/lib/digest.js';
import { BodyMemory } from '../../../../src/server/text/body-memory.js';

const bytes = (text: string): Buffer => Buffer.from(text);

function tell<T>(memory: BodyMemory<T>, text: string, value: T, size = 1): void {
  memory.recall(bytes(text));
  memory.remember(bytes(text), digestOf([text]), () => value, size);
}

describe('the memory of bodies', () => {
  it('knows a body from its second time on, and no other', () => {
    const memory = new BodyMemory<number>();
    tell(memory, 'one body', 1);
    expect(memory.recall(bytes('one body'))).toBeUndefined();
    tell(memory, 'one body', 1);
    expect(memory.recall(bytes('one body'))).toBe(1);
    expect(memory.recall(bytes('one bodY'))).toBeUndefined();
    expect(memory.recall(bytes('one body '))).toBeUndefined();
    expect(memory.recall(bytes(''))).toBeUndefined();
  });

  it('keeps bytes of its own', () => {
    const memory = new BodyMemory<number>();
    const shared = bytes('a body');
    memory.recall(shared);
    for (let i = 0; i < 2; i++) memory.remember(shared, digestOf(['a']), () => 1, 1);
    shared.fill('!');
    expect(memory.recall(shared)).toBeUndefined();
    expect(memory.recall(bytes('a body'))).toBe(1);
  });

  it('has the latest of what a body means', () => {
    const memory = new BodyMemory<number>();
    for (const value of [1, 1, 2]) {
      tell(memory, 'a body', value);
      memory.recall(bytes('a body'));
    }
    expect(memory.recall(bytes('a body'))).toBe(2);
  });

  it('tells bodies apart that meet in one place', () => {
    const memory = new BodyMemory<string>();
    const texts = Array.from({ length: 5000 }, (_, i) => `body ${i}`);
    for (const text of texts) for (let i = 0; i < 2; i++) tell(memory, text, text);
    const known = texts.filter((text) => memory.recall(bytes(text)) !== undefined);
    for (const text of known) expect(memory.recall(bytes(text))).toBe(text);
    expect(known.length).toBeGreaterThan(500);
    expect(known.length).toBeLessThanOrEqual(1024);
  });

  it('forgets everything at its bound, and takes no long body at all', () => {
    const memory = new BodyMemory<number>();
    for (let i = 0; i < 2; i++) tell(memory, 'first', 1, 3 * 2 ** 20);
    for (let i = 0; i < 2; i++) tell(memory, 'second', 2, 3 * 2 ** 20);
    expect(memory.recall(bytes('first'))).toBeUndefined();
    expect(memory.recall(bytes('second'))).toBe(2);
    const long = 'x'.repeat(65 * 1024);
    for (let i = 0; i < 3; i++) tell(memory, long, 3);
    expect(memory.recall(bytes(long))).toBeUndefined();
  });
});
