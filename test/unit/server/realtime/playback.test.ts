import { beforeEach, describe, expect, it } from 'vitest';
import { Playback } from '../../../../src/server/protocols/openai/realtime/playback.js';

const FRAME = 10;

describe('Playback', () => {
  let events: string[] = [];
  let silences = 0;
  let playback: Playback;
  beforeEach(() => {
    events = [];
    silences = 0;
    playback = new Playback(
      ({ type, response_id: id }) => events.push(`${type.split('.').at(-1)} ${String(id)}`),
      () => silences++,
      1000,
    );
  });
  const play = (responseId: string, itemId: string, length: number, value = 1): void =>
    playback.play({ responseId, itemId, make: () => new Int16Array(length).fill(value) });

  it('is silent until there is something, and says when it begins and ends', () => {
    expect(playback.next(FRAME)).toBeUndefined();
    play('r', 'i', 15);
    expect(events).toEqual([]);
    expect([...playback.next(FRAME)!]).toEqual(Array.from({ length: 10 }, () => 1));
    expect(events).toEqual(['started r']);
    // What comes late is waited for.
    expect([...playback.next(FRAME)!]).toEqual([1, 1, 1, 1, 1, 0, 0, 0, 0, 0]);
    expect(playback.next(FRAME)).toBeUndefined();
    expect(events).toEqual(['started r']);
    play('r', 'i', 5, 2);
    playback.finish('r');
    expect(playback.next(FRAME)![0]).toBe(2);
    expect(playback.next(FRAME)).toBeUndefined();
    expect(events).toEqual(['started r', 'stopped r']);
    expect(silences).toBe(1);
    expect(playback.busy).toBe(false);
  });

  it('makes samples when their turn comes only', () => {
    let made = 0;
    for (let i = 0; i < 3; i++) {
      playback.play({
        responseId: 'r',
        itemId: 'i',
        make: () => {
          made++;
          return new Int16Array(FRAME);
        },
      });
    }
    expect(made).toBe(0);
    playback.next(FRAME);
    expect(made).toBe(1);
  });

  it('plays one response after the other', () => {
    play('a', 'i', 5);
    playback.finish('a');
    play('b', 'j', 5, 2);
    playback.finish('b');
    const heard = [playback.next(FRAME), playback.next(FRAME), playback.next(FRAME)];
    expect(heard.flatMap((frame) => [...(frame ?? [])].filter((sample) => sample !== 0))).toEqual([
      1, 1, 1, 1, 1, 2, 2, 2, 2, 2,
    ]);
    expect(events).toEqual(['started a', 'stopped a', 'started b', 'stopped b']);
    expect(silences).toBe(1);
  });

  it('throws away what was not heard, says how much was, and stays silent about the rest', () => {
    expect(playback.clear()).toEqual([]);
    play('r', 'i', 25);
    playback.next(FRAME);
    playback.next(FRAME);
    play('r', 'j', 5);
    expect(playback.clear()).toEqual([
      { itemId: 'i', ms: 20 },
      { itemId: 'j', ms: 0 },
    ]);
    play('r', 'j', 5);
    playback.finish('r');
    expect(playback.next(FRAME)).toBeUndefined();
    play('s', 'k', 5);
    expect(playback.next(FRAME)).toBeDefined();
    expect(events).toEqual(['started r', 'cleared r', 'started s']);
  });

  it('does not count what was heard to its end as cut', () => {
    play('r', 'i', 10);
    playback.next(FRAME);
    play('r', 'j', 10);
    expect(playback.clear()).toEqual([{ itemId: 'j', ms: 0 }]);
  });
});
