/** Sound that comes bit by bit, and text that is heard in sound: what is measured of their streams. */
import { describe, expect, it } from 'vitest';
import { AnswerReader } from '../../../src/engine/answer-reader.js';
import { dialectOf } from '../../../src/engine/dialects/index.js';
import { runLoad } from '../../../src/engine/index.js';
import { SoundTimes } from '../../../src/engine/sound-times.js';
import { createRandom } from '../../../src/lib/random.js';
import { toneWav } from '../../../src/workloads/media/wav.js';
import type { Plan } from '../../../src/workloads/plan.js';
import { planOf } from './lane-bench.js';
import { startScripted, STREAM_HEAD } from './scripted-server.js';

const SECONDS = 2;
/** 16 kHz, 16 bits: 32 bytes are a millisecond. */
const WAV = toneWav(createRandom(1, 'sound'), SECONDS);
const BYTES_PER_MS = 32;

function heard(parts: readonly [bytes: Buffer, atMs: number][], contentType = 'audio/wav'): SoundTimes {
  const sound = new SoundTimes(contentType);
  for (const [bytes, atMs] of parts) sound.add(bytes, 0, bytes.length, atMs);
  return sound;
}

describe('sound', () => {
  it('begins after the head of its file, wherever the network cuts that', () => {
    for (let cut = 1; cut <= 100; cut++) {
      const sound = heard([
        [WAV.subarray(0, cut), 10],
        [WAV.subarray(cut), 20],
      ]);
      expect(sound.firstMs).toBe(cut > 44 ? 10 : 20);
      expect(sound.seconds).toBeCloseTo(SECONDS, 6);
    }
  });

  it('stalls for as long as a player waits for it', () => {
    const until = (ms: number): number => 44 + ms * BYTES_PER_MS;
    // 200 ms of sound at 1000; the next at 1300 is 100 late; then 500 ms more of it, and the rest in time.
    const parts: [Buffer, number][] = [
      [WAV.subarray(0, until(200)), 1000],
      [WAV.subarray(until(200), until(700)), 1300],
      [WAV.subarray(until(700)), 1790],
    ];
    expect(heard(parts)).toMatchObject({ firstMs: 1000, stallMs: 100 });
    expect(heard([[WAV, 5]]).stallMs).toBe(0);
  });

  it.each([
    ['audio/pcm', 1],
    ['audio/L16; rate=48000; channels=1', 0.5],
    ['audio/pcm;rate=12000;channels=2', 1],
    ['audio/mpeg', undefined],
    ['', undefined],
  ])('of %s plays for %s s', (contentType, seconds) => {
    const sound = heard([[Buffer.alloc(48_000), 3]], contentType);
    expect(sound.seconds).toBe(seconds);
    expect(sound.firstMs).toBe(3);
  });

  it('that calls itself a WAV file and is none has no length', () => {
    const sound = heard([[Buffer.concat([Buffer.from('RIFF'), Buffer.alloc(9000)]), 3]]);
    expect([sound.seconds, sound.firstMs]).toEqual([undefined, 3]);
  });
});

const events = (...all: object[]): string =>
  all.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
const deltaOf = (bytes: Buffer): object => ({ type: 'speech.audio.delta', audio: bytes.toString('base64') });
const SPEECH = [
  deltaOf(WAV.subarray(0, 44)),
  deltaOf(WAV.subarray(44, 20_000)),
  deltaOf(WAV.subarray(20_000)),
  { type: 'speech.audio.done', usage: { input_tokens: 7, output_tokens: 40, total_tokens: 47 } },
];
const TRANSCRIPT = [
  { type: 'transcript.text.delta', delta: 'good' },
  { type: 'transcript.text.delta', delta: ' morning' },
  { type: 'transcript.text.delta', delta: ' all' },
  {
    type: 'transcript.text.done',
    text: 'good morning all',
    usage: { type: 'tokens', input_tokens: 20, output_tokens: 3, total_tokens: 23 },
  },
];

/** Reads a stream whose events come 10 ms apart. */
function read(plan: Partial<Plan>, stream: readonly object[], tail = ''): AnswerReader {
  const reader = new AnswerReader(
    dialectOf(planOf(plan)),
    plan.streaming ?? true,
    { onText: () => {} },
    'always',
  );
  reader.head(200, 'text/event-stream', undefined);
  for (const [i, event] of stream.entries()) {
    const bytes = Buffer.from(events(event));
    reader.data(bytes, 0, bytes.length, 10 * i);
  }
  const rest = Buffer.from(tail);
  reader.data(rest, 0, rest.length, 10 * stream.length);
  reader.end();
  return reader;
}

describe('events', () => {
  it('of speech carry sound', () => {
    const reader = read({ endpoint: 'speech', streaming: false }, SPEECH);
    expect(reader).toMatchObject({ kind: undefined, done: true, firstEventMs: 0 });
    expect(reader.usage).toEqual({ inputTokens: 7, outputTokens: 40 });
    // The first one has the head of the file, and no sound.
    expect(reader.sound!.firstMs).toBe(10);
    expect(reader.items).toBeCloseTo(SECONDS, 6);
    expect(reader.chunks.count).toBe(0);
  });

  it('of speech that end too soon are a failure, and so are errors in them', () => {
    expect(read({ endpoint: 'speech' }, SPEECH.slice(0, 3)).kind).toBe('no_done');
    const broken = read({ endpoint: 'speech' }, [
      ...SPEECH.slice(0, 2),
      { error: { message: 'GPU on fire' } },
    ]);
    expect(broken).toMatchObject({ kind: 'stream_error', message: 'GPU on fire' });
  });

  it('of a transcription carry text', () => {
    const reader = read({ endpoint: 'transcription', endpointOptions: { audioSeconds: 9 } }, TRANSCRIPT);
    expect(reader).toMatchObject({ kind: undefined, done: true, text: 'good morning all', items: 9 });
    expect(reader.chunks).toMatchObject({ count: 3, firstMs: 0, secondMs: 10, lastMs: 20, gapsMs: [10, 10] });
    expect(reader.usage).toEqual({ inputTokens: 20, outputTokens: 3 });
  });

  it('of a transcription may be those of vLLM, with [DONE] at their end', () => {
    const chunk = (content: string) => ({
      object: 'transcription.chunk',
      choices: [{ delta: { content }, finish_reason: null }],
    });
    const stream = [chunk('good'), chunk(' morning')];
    const reader = read({ endpoint: 'transcription' }, stream, 'data: [DONE]\n\n');
    expect(reader).toMatchObject({ kind: undefined, done: true, text: 'good morning' });
    expect(read({ endpoint: 'transcription' }, stream).kind).toBe('no_done');
  });

  it('that nobody asked for are measured each by itself', () => {
    const [one, other] = [1, 2].map(() => read({ endpoint: 'transcription', streaming: false }, TRANSCRIPT));
    expect([one!.chunks.count, other!.chunks.count]).toEqual([3, 3]);
  });
});

describe('a run', () => {
  const run = async (plan: Partial<Plan>, stream: readonly object[]) => {
    const server = await startScripted((socket) => socket.end(STREAM_HEAD + events(...stream)));
    try {
      const targets = [{ name: 't', url: `http://127.0.0.1:${server.port}` }];
      const whole = planOf({ targets, stop: { requests: 2 }, ...plan });
      const { targets: measured } = await runLoad({ plan: whole, threads: 1, headers: {} });
      return { target: measured[0]!, request: server.requests[0]! };
    } finally {
      await server.close();
    }
  };

  it('of transcriptions has latencies of their tokens, and how fast they were heard', async () => {
    const { target, request } = await run(
      { endpoint: 'transcription', streaming: true, endpointOptions: { audioSeconds: 0.1 } },
      TRANSCRIPT,
    );
    expect(target.errors).toEqual([]);
    expect(request).toContain('form-data; name="stream"\r\n\r\ntrue\r\n');
    expect(target.counters).toMatchObject({ completed: 2, outputTokens: 6, inputTokens: 40, items: 0.2 });
    const counts = Object.entries(target.distributions).map(([name, { count }]) => [name, count]);
    expect(Object.fromEntries(counts)).toMatchObject({
      ttfe: 2,
      ttft: 2,
      ttst: 2,
      itl: 4,
      icl: 4,
      tpot: 2,
      rtf: 2,
    });
    expect(target.distributions.ttfa).toBeUndefined();
  });

  it('of speech in events has those of sound alone', async () => {
    const { target, request } = await run(
      { endpoint: 'speech', streaming: false, endpointOptions: { speechEvents: true } },
      SPEECH,
    );
    expect(target.errors).toEqual([]);
    expect(request).toMatch(/accept: text\/event-stream/);
    expect(request).toContain('"stream_format":"sse"');
    expect(Object.keys(target.distributions)).toEqual(
      expect.arrayContaining(['ttfe', 'ttfa', 'audio_stall', 'rtf', 'e2e', 'ttfb']),
    );
    for (const name of ['ttft', 'itl', 'icl', 'tpot'] as const)
      expect(target.distributions[name]).toBeUndefined();
    expect(target.counters.items).toBeCloseTo(2 * SECONDS, 3);
  });
});
