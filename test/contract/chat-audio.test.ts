import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { useServer } from '../support/use-server.js';
import { expectValid } from '../support/spec.js';

const used = useServer({ model: ['gpt-audio', 'gpt-4o', 'fakeai-1'], threads: 1 });

const MP3 = Buffer.from('ID3\x04\0\0\0\0\0\0\0\0', 'latin1').toString('base64');

const ask = (format: 'wav' | 'mp3' | 'flac' | 'opus' | 'pcm16' | 'aac' = 'wav') => ({
  model: 'gpt-audio',
  modalities: ['text' as const, 'audio' as const],
  audio: { voice: 'alloy', format },
  messages: [{ role: 'user' as const, content: 'Say something.' }],
  max_completion_tokens: 20,
});

interface AudioDelta {
  id?: string;
  transcript?: string;
  data?: string;
  expires_at?: number;
}

describe('audio answers of chats', () => {
  it('have a transcript and its sound, and count the tokens of both', async () => {
    // Of a model that also writes, as the transcript is compared with that.
    const asked = { ...ask(), model: 'fakeai-1' };
    const completion = await used.client.chat.completions.create(asked);
    expectValid('createChatCompletion', completion);
    const { message, finish_reason: reason } = completion.choices[0]!;
    expect(reason).toBe('length');
    expect(message.content).toBeNull();
    const { id, data, expires_at: expiresAt, transcript } = message.audio!;
    expect(id).toMatch(/^audio_/);
    expect(expiresAt).toBe(completion.created + 3600);
    // The text is what would be written.
    const { modalities: _, audio: __, ...written } = asked;
    const plain = await used.client.chat.completions.create(written);
    expect(transcript).toBe(plain.choices[0]!.message.content);
    const sound = Buffer.from(data, 'base64');
    expect(sound.toString('latin1', 0, 4)).toBe('RIFF');
    const seconds = sound.readUInt32LE(40) / 2 / 24_000;
    const details = completion.usage!.completion_tokens_details!;
    expect(details.audio_tokens).toBeGreaterThan(20);
    expect(Math.abs(details.audio_tokens! - seconds * 20)).toBeLessThanOrEqual(1);
    expect(completion.usage!.completion_tokens).toBe(20 + details.audio_tokens!);
  });

  it('are streamed as PCM, equal to the whole ones', async () => {
    const whole = await used.client.chat.completions.create(ask('pcm16'));
    const stream = await used.client.chat.completions.create({
      ...ask('pcm16'),
      stream: true,
      stream_options: { include_usage: true },
    });
    let transcript = '';
    const parts: Buffer[] = [];
    const ids = new Set<string>();
    let expiresAt = 0;
    let usage: OpenAI.CompletionUsage | null | undefined;
    for await (const chunk of stream) {
      expectValid('createChatCompletion', chunk, 'event');
      const { audio } = (chunk.choices[0]?.delta ?? {}) as { audio?: AudioDelta };
      transcript += audio?.transcript ?? '';
      if (audio?.data) parts.push(Buffer.from(audio.data, 'base64'));
      if (audio?.id) ids.add(audio.id);
      expiresAt = audio?.expires_at ?? expiresAt;
      usage = chunk.usage ?? usage;
    }
    const { audio } = whole.choices[0]!.message;
    expect(transcript).toBe(audio!.transcript);
    expect(Buffer.concat(parts).equals(Buffer.from(audio!.data, 'base64'))).toBe(true);
    expect(parts.length).toBeGreaterThan(5);
    expect(parts.every(({ length }) => length % 2 === 0)).toBe(true);
    expect([...ids]).toEqual([audio!.id]);
    expect(expiresAt).toBeGreaterThan(0);
    expect(usage).toEqual(whole.usage);
  });

  it.each([
    ['mp3', 'ID3'],
    ['aac', '\xff\xf1'],
    ['flac', 'fLaC'],
    ['opus', 'OggS'],
  ] as const)('are encoded as %s', async (format, begin) => {
    const { choices } = await used.client.chat.completions.create(ask(format));
    const sound = Buffer.from(choices[0]!.message.audio!.data, 'base64');
    expect(sound.toString('latin1', 0, begin.length)).toBe(begin);
  });

  it('call tools without a sound', async () => {
    const tool = { type: 'function' as const, function: { name: 'get_weather' } };
    const { choices } = await used.client.chat.completions.create({
      ...ask(),
      max_completion_tokens: 200,
      tools: [tool],
      tool_choice: 'required',
    });
    expect(choices[0]).toMatchObject({ finish_reason: 'tool_calls' });
    expect(choices[0]!.message.audio).toBeUndefined();
  });

  it('can be referred to by their id, as if they were said again', async () => {
    const { choices } = await used.client.chat.completions.create(ask());
    const { id, transcript } = choices[0]!.message.audio!;
    const then = (said: object) =>
      used.client.chat.completions.create({
        model: 'fakeai-1',
        messages: [...ask().messages, { role: 'assistant', ...said }, { role: 'user', content: 'And now?' }],
      });
    const [byId, byWords, byNothing] = await Promise.all([
      then({ audio: { id } }),
      then({ content: transcript }),
      then({ content: '' }),
    ]);
    expect(byId.choices).toEqual(byWords.choices);
    expect(byId.usage!.prompt_tokens).toBe(byWords.usage!.prompt_tokens);
    expect(byId.usage!.prompt_tokens).toBeGreaterThan(byNothing.usage!.prompt_tokens);
  });

  it.each([
    ['a model that does not speak', { model: 'gpt-4o' }, 'modalities'],
    ['a voice that there is not', { audio: { voice: 'nobody', format: 'wav' as const } }, 'audio.voice'],
    ['a file in a stream', { stream: true as const }, 'audio.format'],
    ['several choices', { n: 2 }, 'n'],
    ['log probabilities', { logprobs: true }, 'logprobs'],
    ['sound without its modality', { modalities: ['text' as const] }, 'audio'],
    [
      'an earlier sound',
      { messages: [{ role: 'assistant' as const, audio: { id: 'a' } }] },
      'messages[0].audio.id',
    ],
    [
      'sound of another format',
      { messages: [{ role: 'user' as const, content: [{ type: 'input_audio' as const, input_audio: { data: MP3, format: 'wav' as const } }] }] }, // prettier-ignore
      'messages[0].content[0].input_audio',
    ],
  ])('are refused for %s', async (_, change, param) => {
    const refused = used.client.chat.completions.create({ ...ask(), ...change });
    await expect(refused).rejects.toMatchObject({ status: 400, param });
  });
});
