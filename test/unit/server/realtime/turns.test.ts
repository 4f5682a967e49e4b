import { beforeEach, describe, expect, it } from 'vitest';
import { DeadlineWheel, type TickSource } from '../../../../src/lib/deadline-wheel.js';
import type { ServerContext } from '../../../../src/server/context.js';
import {
  SessionCore,
  SessionIds,
  type ServerEvent,
} from '../../../../src/server/protocols/openai/realtime/core.js';
import { newSession } from '../../../../src/server/protocols/openai/realtime/session-config.js';
import { SessionVoices } from '../../../../src/server/protocols/openai/realtime/session-voices.js';
import { Turns } from '../../../../src/server/protocols/openai/realtime/turns.js';
import { Pacer } from '../../../../src/server/protocols/openai/realtime/webrtc/pacer.js';

/** A clock and a tick source that a test moves by hand. */
class HandTime implements TickSource {
  now = 0;
  readonly clock = { nowMs: () => this.now, wallMs: () => this.now };
  #armed = Number.POSITIVE_INFINITY;
  #callback: () => void = () => {};

  onTick(callback: () => void): void {
    this.#callback = callback;
  }

  arm(instantMs: number): void {
    this.#armed = instantMs;
  }

  close(): void {}

  advanceTo(instantMs: number): void {
    while (this.#armed <= instantMs) {
      this.now = Math.max(this.now, this.#armed);
      this.#armed = Number.POSITIVE_INFINITY;
      this.#callback();
    }
    this.now = instantMs;
  }
}

let time: HandTime;
let wheel: DeadlineWheel;
beforeEach(() => {
  time = new HandTime();
  wheel = new DeadlineWheel({ clock: time.clock, ticks: time });
});

/** 16-bit PCM at 24 kHz. */
const sound = (ms: number, loud: boolean): Buffer => {
  const bytes = Buffer.alloc(ms * 48);
  if (loud) for (let i = 0; i < bytes.length; i += 2) bytes.writeInt16LE(i % 400 < 200 ? 9000 : -9000, i);
  return bytes;
};

describe('Turns', () => {
  const IDLE_MS = 6000;
  let events: ServerEvent[] = [];
  let heard: string[] = [];
  let turns: Turns;
  let core: SessionCore;
  beforeEach(() => {
    events = [];
    heard = [];
    const context = { seed: 1, clock: time.clock, wheel } as unknown as ServerContext;
    const settings = newSession('sess_1', 'gpt-realtime', 0, 'realtime');
    settings.audio.input.turn_detection = {
      type: 'server_vad',
      threshold: 0.5,
      prefix_padding_ms: 300,
      silence_duration_ms: 500,
      idle_timeout_ms: IDLE_MS,
      create_response: true,
      interrupt_response: true,
    };
    const write = (text: string): void => void events.push(JSON.parse(text) as ServerEvent);
    const ids = new SessionIds(1, 1);
    core = new SessionCore(context, new SessionVoices(context), ids, settings, undefined, '', write);
    turns = new Turns(core, {
      onSpeech: () => heard.push('speech'),
      onTurn: () => heard.push('turn'),
      onIdle: () => heard.push('idle'),
    });
  });
  const types = (): string[] => events.map(({ type }) => type);

  it('waits for the client after what was said was heard, and takes silence for a turn', () => {
    turns.listen(sound(2000, false));
    turns.awaitSpeech(1500);
    time.advanceTo(1500 + IDLE_MS - 1);
    expect(events).toEqual([]);
    turns.listen(sound(5000, false));
    time.advanceTo(1500 + IDLE_MS);
    expect(types()).toEqual([
      'input_audio_buffer.timeout_triggered',
      'input_audio_buffer.committed',
      'conversation.item.added',
      'conversation.item.done',
    ]);
    expect(events[0]).toMatchObject({ audio_start_ms: 1000, audio_end_ms: 7000 });
    expect(heard).toEqual(['idle']);
  });

  it('does not wait any more once the client speaks', () => {
    turns.awaitSpeech(0);
    turns.listen(sound(1000, true));
    time.advanceTo(2 * IDLE_MS);
    expect(types()).toEqual(['input_audio_buffer.speech_started']);
    expect(heard).toEqual(['speech']);
    turns.listen(sound(600, false));
    expect(heard).toEqual(['speech', 'turn']);
  });

  it('keeps little of a track on which nobody speaks', () => {
    for (let i = 0; i < 100; i++) turns.listen(sound(100, false));
    turns.commit();
    const { item } = events.at(-1) as unknown as { item: { id: string } };
    const { durationMs } = core.conversation.heard(item.id, 0)!;
    // The padding before speech, and a second.
    expect(durationMs).toBeGreaterThanOrEqual(1300);
    expect(durationMs).toBeLessThan(1600);
  });
});

describe('Pacer', () => {
  it('calls every 20 ms, however late it is called itself, and leaves out what was missed for long', () => {
    const frames: [atMs: number, skipped: number][] = [];
    const pacer = new Pacer(wheel, time.clock, (skipped) => frames.push([time.now, skipped]));
    time.advanceTo(45);
    expect(frames).toEqual([
      [0, 0],
      [20, 0],
      [40, 0],
    ]);
    // The thread was held up for a second.
    time.now = 1040;
    time.advanceTo(1060);
    expect(frames.slice(3)).toEqual([
      [1040, 49],
      [1060, 0],
    ]);
    pacer.stop();
    time.advanceTo(2000);
    expect(frames).toHaveLength(5);
  });
});
