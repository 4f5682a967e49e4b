import { describe, expect, it } from 'vitest';
import { DeadlineWheel, type TickSource } from '../../../../src/lib/deadline-wheel.js';
import type { GenerationListener } from '../../../../src/server/generation/generator.js';
import { InstantGenerator } from '../../../../src/server/generation/instant.js';
import { PacedGenerator } from '../../../../src/server/generation/paced.js';
import { PREDICTION_WINDOW } from '../../../../src/simulator/cluster/speculation.js';
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

  it('tells tokens of one step from tokens that are late', () => {
    const { generator, goTo } = paced();
    const steps: (boolean | undefined)[] = [];
    const { listener } = listen();
    const heard = {
      ...listener,
      onTokens: (...[, , , together]: Parameters<typeof listener.onTokens>) => void steps.push(together),
    };
    const prediction = () => ({ matches: [0, 1, 1, 0, 0, 0], tokens: 3 });
    generator.start(generationRequest(0, { outputTokens: 6, prediction }), heard);
    for (const nowMs of [100, 110, 140]) goTo(nowMs);
    // The first; one verified step of three; two that were due at different instants.
    expect(steps).toEqual([false, true, false]);
  });

  it('keeps steps apart that are late', () => {
    const { generator, goTo } = paced();
    const { listener, heard } = listen();
    const prediction = () => ({ matches: [0, 1, 1, 0, 0, 1, 0, 0], tokens: 4 });
    generator.start(generationRequest(0, { outputTokens: 8, prediction }), listener);
    goTo(1000);
    expect(heard).toEqual(['accepted', 1, 3, 1, 2, 1, 'finished']);
  });

  it('gives what a prediction has next together with the token that is verified with it', () => {
    const { generator, goTo } = paced();
    const { listener, heard } = listen();
    const matches = [1, 1, 1, 0, 0, 1, 0, 0];
    const prediction = () => ({ matches, tokens: 4 });
    generator.start(generationRequest(0, { outputTokens: 8, prediction }), listener);
    for (const nowMs of [100, 110, 120, 130, 140]) goTo(nowMs);
    // The prompt gives one; the next step verifies two and adds its own.
    expect(heard).toEqual(['accepted', 1, 3, 1, 2, 1, 'finished']);
  });

  it('verifies only so many predicted tokens at once', () => {
    const { generator, goTo } = paced();
    const { listener, heard } = listen();
    const prediction = () => ({ matches: new Uint8Array(100).fill(1), tokens: 100 });
    generator.start(generationRequest(0, { outputTokens: 100, prediction }), listener);
    for (let nowMs = 100; nowMs <= 1100; nowMs += 10) goTo(nowMs);
    expect(heard.slice(0, 4)).toEqual(['accepted', 1, PREDICTION_WINDOW + 1, PREDICTION_WINDOW + 1]);
    expect(heard.at(-1)).toBe('finished');
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
