import { afterEach, describe, expect, it } from 'vitest';
import {
  FRAME_SAMPLES,
  FRAME_TICKS,
  OpusListener,
  OpusSpeaker,
} from '../../../../src/server/protocols/openai/realtime/webrtc/opus.js';

const FRAME_BYTES = FRAME_SAMPLES * 2;
const tone = Int16Array.from({ length: FRAME_SAMPLES }, (_, i) => 8000 * Math.sin(i / 8));

describe('Opus on a track', () => {
  const speaker = new OpusSpeaker();
  const open: OpusListener[] = [];
  afterEach(() => {
    for (const listener of open.splice(0)) listener.close();
  });
  const listen = (): OpusListener => {
    const listener = new OpusListener();
    open.push(listener);
    return listener;
  };

  it('comes out as it went in', () => {
    const listener = listen();
    let sound: Buffer = Buffer.alloc(0);
    for (let i = 0; i < 10; i++) sound = listener.sound(i, i * FRAME_TICKS, speaker.packet(tone));
    expect(sound.length).toBe(FRAME_BYTES);
    const loudest = Math.max(...Array.from({ length: FRAME_SAMPLES }, (_, i) => sound.readInt16LE(i * 2)));
    expect(loudest).toBeGreaterThan(5000);
  });

  it('is one packet of a few bytes while nothing is said', () => {
    const packets = Array.from({ length: 30 }, () => speaker.packet(undefined));
    expect(packets.at(-1)!.length).toBeLessThan(10);
    expect(packets.at(-1)).toBe(packets.at(-2));
    expect(speaker.packet(tone).length).toBeGreaterThan(20);
  });

  it('has silence in the place of what is lost, also when the numbers begin anew', () => {
    const listener = listen();
    const packet = speaker.packet(tone);
    const at = 2 ** 32 - FRAME_TICKS;
    expect(listener.sound(0xffff, at, packet).length).toBe(FRAME_BYTES);
    // Two are missing.
    expect(listener.sound(2, 2 * FRAME_TICKS, packet).length).toBe(3 * FRAME_BYTES);
    // A long gap is a pause of the client's.
    expect(listener.sound(3, 10_000_000, packet).length).toBe(FRAME_BYTES);
  });

  it('leaves out what is late, repeated, or no Opus', () => {
    const listener = listen();
    const packet = speaker.packet(tone);
    listener.sound(10, 10 * FRAME_TICKS, packet);
    expect(listener.sound(10, 10 * FRAME_TICKS, packet).length).toBe(0);
    expect(listener.sound(9, 9 * FRAME_TICKS, packet).length).toBe(0);
    expect(listener.sound(11, 11 * FRAME_TICKS, Buffer.alloc(0)).length).toBe(0);
    expect(listener.sound(12, 12 * FRAME_TICKS, Buffer.from([0xff, 0xff, 0xff])).length).toBe(0);
    // It goes on: with silence for the two that were not there.
    expect(listener.sound(13, 13 * FRAME_TICKS, packet).length).toBe(3 * FRAME_BYTES);
  });
});
