import { describe, expect, it } from 'vitest';
import { DeadlineWheel, type TickSource } from '../../../../src/lib/deadline-wheel.js';
import type { GenerationListener } from '../../../../src/server/generation/generator.js';
import { InstantGenerator } from '../../../../src/server/generation/instant.js';
import { PacedGenerator } from '../../../../src/server/generation/paced.js';
import { FixedEngine } from '../../../../src/simulator/index.js';
import { generationRequest } from '../../../support/scripted-generator.js';

/** Ticks when the test says so. */
class Ticks implements TickSource {
  tick: () => void = () => {};
  onTick(callback: () => void): void {
    this.tick = callback;
  }
  arm(): void {}
  close(): void {}
}

function paced(): { generator: PacedGenerator; goTo: (nowMs: number) => void; wheel: DeadlineWheel } {
  let nowMs = 0;
  const ticks = new Ticks();
  const wheel = new DeadlineWheel({ clock: { nowMs: () => nowMs, wallMs: () => 0 }, ticks });
  const engine = new FixedEngine({ ttftMs: 100, itlMs: 10, jitter: 0, seed: 0 });
  const goTo = (toMs: number): void => {
    nowMs = toMs;
    ticks.tick();
  };
  return { generator: new PacedGenerator(engine, wheel), goTo, wheel };
}

function listen(): { listener: GenerationListener; heard: (string | number)[] } {
  const heard: (string | number)[] = [];
  const listener: GenerationListener = {
    onAccepted: () => void heard.push('accepted'),
    onTokens: (count) => void heard.push(count),
    onFinished: () => void heard.push('finished'),
    onFailed: (failure) => void heard.push(failure),
  };
  return { listener, heard };
}

describe('PacedGenerator', () => {
  it('gives tokens when they are due, late ones together, and ends after the last', () => {
    const { generator, goTo, wheel } = paced();
    const { listener, heard } = listen();
    generator.start(generationRequest(0, { outputTokens: 5 }), listener);
    goTo(99);
    expect(heard).toEqual(['accepted']);
    goTo(100);
    expect(heard).toEqual(['accepted', 1]);
    goTo(125);
    expect(heard).toEqual(['accepted', 1, 2]);
    goTo(1000);
    expect(heard).toEqual(['accepted', 1, 2, 2, 'finished']);
    expect(wheel.size).toBe(0);
  });

  it('gives maxTokens where the length is not known', () => {
    const { generator, goTo } = paced();
    const { listener, heard } = listen();
    generator.start(generationRequest(0, { maxTokens: 3 }), listener);
    goTo(1000);
    expect(heard).toEqual(['accepted', 3, 'finished']);
  });

  it('takes as long for a prompt alone as for its first token', () => {
    const { generator, goTo } = paced();
    const { listener, heard } = listen();
    generator.start(generationRequest(0, { outputTokens: 0 }), listener);
    goTo(99);
    expect(heard).toEqual(['accepted']);
    goTo(100);
    expect(heard).toEqual(['accepted', 'finished']);
  });

  it.each(['cancel', 'complete'] as const)('says nothing after %s, even within a call', (end) => {
    const { generator, goTo, wheel } = paced();
    const { listener, heard } = listen();
    const first = generator.start(generationRequest(0, { outputTokens: 5 }), listener);
    first[end]();
    expect(wheel.size).toBe(0);
    const second = generator.start(generationRequest(0, { outputTokens: 2 }), {
      ...listener,
      onTokens: () => second[end](),
    });
    goTo(1000);
    expect(heard).toEqual(['accepted', 'accepted']);
    expect(wheel.size).toBe(0);
  });
});

describe('InstantGenerator', () => {
  it('gives everything before start returns', () => {
    const { listener, heard } = listen();
    new InstantGenerator().start(generationRequest(0, { outputTokens: 4 }), listener);
    new InstantGenerator().start(generationRequest(0, { outputTokens: 0 }), listener);
    expect(heard).toEqual(['accepted', 4, 'finished', 'accepted', 'finished']);
  });
});
