import { describe, expect, it } from 'vitest';
import { TokenStream } from '../../../../src/server/generation/token-stream.js';
import { answerWhole } from '../../../../src/server/generation/whole-answer.js';
import {
  frames,
  generationRequest,
  ReplyProbe,
  ScriptedGenerator,
} from '../../../support/scripted-generator.js';

function stream(lengths: readonly number[]): { generator: ScriptedGenerator; probe: ReplyProbe } {
  const generator = new ScriptedGenerator();
  const probe = new ReplyProbe();
  new TokenStream({
    reply: probe.reply,
    generator,
    choices: lengths.map((tokens, i) => ({
      request: generationRequest(i),
      frames: frames('ab'[i]!, tokens),
    })),
    open: () => 'open.',
    end: ({ cachedTokens, acceptedPredictionTokens }) => `end/${cachedTokens}/${acceptedPredictionTokens}.`,
    refuse: (failure) => new Error(failure),
    broken: (failure) => `broken/${failure}.`,
  }).start();
  return { generator, probe };
}

const USAGE = {
  cachedTokens: 7,
  cacheWriteTokens: 0,
  acceptedPredictionTokens: 2,
  rejectedPredictionTokens: 1,
};
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('TokenStream', () => {
  it('writes nothing before the engine has taken the request in, then each token as it is ready', () => {
    const { generator, probe } = stream([3]);
    expect(probe.writes).toEqual([]);
    generator.accept();
    expect(probe.take()).toEqual(['open.']);
    generator.tokens(0, 1);
    expect(probe.take()).toEqual(['a0.']);
    generator.tokens(0, 2, USAGE);
    expect(probe.take()).toEqual(['a1/7.a2/7.end/7/2.']);
    expect(probe).toMatchObject({ ended: true, streams: 0 });
    expect(generator.started[0]).toMatchObject({ completed: true, cancelled: false });
  });

  it('writes the first token alone, and all others that are ready in one go', () => {
    const { generator, probe } = stream([10]);
    generator.accept();
    probe.take();
    generator.tokens(0, 4);
    expect(probe.take()).toEqual(['a0.', 'a1.a2.a3.']);
  });

  it('says which tokens are of one step, in whatever pieces they are written', () => {
    const { generator, probe } = stream([12]);
    generator.step(0, 2);
    generator.accept();
    expect(probe.take().join('')).toBe('open.a0+a1.');
    generator.step(0, 1);
    generator.tokens(0, 2);
    generator.step(0, 3);
    expect(probe.take().join('')).toBe('a2.a3.a4.a5+a6+a7.');
  });

  it('has the next token prepared when it is near and could be written, and writes it when it is ready', () => {
    const { generator, probe } = stream([5]);
    generator.near(0);
    generator.accept();
    generator.near(0);
    generator.tokens(0, 1);
    expect(probe.take()).toEqual(['open.', 'a0.']);
    generator.near(0);
    expect(probe.take()).toEqual([]);
    generator.tokens(0, 2);
    expect(probe.take()).toEqual(['!a1.a2.']);
    // Nothing is made that the client has no room for.
    probe.unreadBytes = 1e6;
    generator.tokens(0, 1);
    generator.near(0);
    probe.unreadBytes = 0;
    probe.response.drained();
    generator.tokens(0, 1);
    expect(probe.take()).toEqual(['a3.', 'a4.end/0/0.']);
    generator.near(0);
  });

  it('begins when the last of its choices is taken in, though another has tokens already', () => {
    const { generator, probe } = stream([2, 1]);
    generator.started[0]!.listener.onAccepted();
    generator.tokens(0, 2);
    expect(probe.writes).toEqual([]);
    generator.started[1]!.listener.onAccepted();
    expect(probe.take()).toEqual(['open.', 'a0.', 'a1.']);
    generator.tokens(1, 1);
    expect(probe.take()).toEqual(['b0.end/0/0.']);
  });

  it('writes choices that are ready at once in turns', () => {
    const { generator, probe } = stream([5, 3]);
    generator.tokens(0, 5);
    generator.tokens(1, 3);
    generator.accept();
    expect(probe.take()).toEqual(['open.', 'a0.b0.', 'a1.b1.a2.b2.a3.a4.end/0/0.']);
  });

  it('lets others have their turn within several long answers', async () => {
    const { generator, probe } = stream([20_000, 20_000]);
    generator.tokens(0, 20_000);
    generator.tokens(1, 20_000);
    generator.accept();
    expect(probe.take().join('').length).toBeLessThan(70_000);
    while (!probe.ended) await turn();
    expect(probe.take().join('')).toContain('a19999.b19999.end');
  });

  it('counts the shared prompt once and predictions of all choices', () => {
    const { generator, probe } = stream([1, 1]);
    generator.accept();
    generator.tokens(0, 1, USAGE);
    generator.tokens(1, 1, USAGE);
    expect(probe.take().at(-1)).toBe('b0/7.end/7/4.');
  });

  it('ignores credit beyond the end of the answer', () => {
    const { generator, probe } = stream([1]);
    generator.accept();
    generator.tokens(0, 50);
    generator.finish(0);
    expect(probe.take().join('')).toBe('open.a0.end/0/0.');
  });

  it('stops while the client does not read, and then writes what became ready meanwhile', () => {
    const { generator, probe } = stream([100]);
    generator.accept();
    probe.unreadBytes = 200_000;
    generator.tokens(0, 1);
    probe.take();
    for (let i = 0; i < 5; i++) generator.tokens(0, 1);
    expect(probe.writes).toEqual([]);
    probe.unreadBytes = 0;
    probe.response.drained();
    expect(probe.take()).toEqual(['a1.a2.a3.a4.a5.']);
  });

  it('lets others have their turn within a long answer', async () => {
    const { generator, probe } = stream([30_000]);
    generator.accept();
    generator.tokens(0, 30_000);
    const first = probe.take().join('').length;
    expect(first).toBeLessThan(70_000);
    while (!probe.ended) await turn();
    expect(probe.take().join('')).toContain('a29999.end');
  });

  it('answers with an error when it is refused, and gives its other choices up', () => {
    const { generator, probe } = stream([2, 2]);
    generator.started[0]!.listener.onAccepted();
    generator.fail(1, 'queue_full');
    expect(probe.errors).toEqual([new Error('queue_full')]);
    expect(probe.writes).toEqual([]);
    expect(generator.started[0]!.cancelled).toBe(true);
    generator.tokens(0, 1);
    expect(probe.writes).toEqual([]);
  });

  it('says so when it breaks after it has begun', () => {
    const { generator, probe } = stream([5]);
    generator.accept();
    generator.tokens(0, 1);
    probe.take();
    generator.fail(0, 'replica_failed');
    expect(probe.take()).toEqual(['broken/replica_failed.']);
    expect(probe).toMatchObject({ ended: true, streams: 0 });
  });

  it('gives up when the client goes', () => {
    const { generator, probe } = stream([5]);
    generator.accept();
    generator.tokens(0, 1);
    probe.take();
    probe.response.abort();
    generator.tokens(0, 1);
    expect(probe.writes).toEqual([]);
    expect(probe.streams).toBe(0);
    expect(generator.started[0]!.cancelled).toBe(true);
  });
});

describe('answerWhole', () => {
  function whole(choices: number): { generator: ScriptedGenerator; probe: ReplyProbe; answers: unknown[] } {
    const generator = new ScriptedGenerator();
    const probe = new ReplyProbe();
    const answers: unknown[] = [];
    answerWhole({
      reply: probe.reply,
      generator,
      requests: Array.from({ length: choices }, (_, i) => generationRequest(i)),
      ready: (usage) => void answers.push(usage),
      refuse: (failure) => new Error(failure),
    });
    return { generator, probe, answers };
  }

  it('is ready when all choices are', () => {
    const { generator, answers } = whole(2);
    generator.accept();
    generator.tokens(0, 5);
    generator.finish(0, USAGE);
    expect(answers).toEqual([]);
    generator.finish(1, USAGE);
    expect(answers).toEqual([{ ...USAGE, acceptedPredictionTokens: 4, rejectedPredictionTokens: 2 }]);
  });

  it('is an error when a choice is refused or lost', () => {
    const { generator, probe, answers } = whole(2);
    generator.accept();
    generator.fail(0, 'replica_failed');
    generator.finish(1);
    expect(answers).toEqual([]);
    expect(probe.errors).toEqual([new Error('replica_failed')]);
    expect(generator.started[1]!.cancelled).toBe(true);
  });

  it('is given up when the client goes', () => {
    const { generator, probe, answers } = whole(1);
    probe.response.abort();
    generator.finish(0);
    expect(answers).toEqual([]);
    expect(generator.started[0]!.cancelled).toBe(true);
  });
});
