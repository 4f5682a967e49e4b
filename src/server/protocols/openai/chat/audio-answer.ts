/** A chat answer that is heard: its transcript and the sound of it, whole and in events. */
import { spokenS } from '../../../../simulator/speech/timeline.js';
import type { Answer } from '../../../../simulator/index.js';
import type { ServerContext } from '../../../context.js';
import type { GenerationUsage } from '../../../generation/generator.js';
import { type FrameSource, TokenStream } from '../../../generation/token-stream.js';
import { answerWhole } from '../../../generation/whole-answer.js';
import { asciiJson } from '../../../json.js';
import { mediaWork } from '../../../media/media-pool.js';
import type { Reply } from '../../../routing/reply.js';
import type { TextAnswers } from '../../../text/text-model.js';
import { SPEECH_TOKENS_PER_SECOND, voiceOf } from '../audio/speech-choices.js';
import { brokenEvent, refusal } from '../generation-errors.js';
import { answerId } from '../ids.js';
import type { AudioAsk } from './audio-request.js';
import { AUDIO_LIFE_S, keepAudio } from './earlier-audio.js';
import type { PreparedChat } from './exchange.js';
import {
  type ChatIdentity,
  choicesJson,
  ChunkWriter,
  completionJson,
  DONE_EVENT,
  type Usage,
} from './wire.js';

/** Audio tokens that are sent together: 200 ms. */
const TOKENS_PER_PART = 4;

/** An answer under way. */
export interface AudioExchange {
  context: ServerContext;
  request: PreparedChat;
  reply: Reply;
  identity: ChatIdentity;
  text: TextAnswers;
  /** Of the transcript alone. */
  usageOf: (usage: GenerationUsage) => Usage;
}

/** What is said. */
interface Said {
  /** By token. */
  pieces: readonly string[];
  transcript: string;
  /** A file, or samples. */
  sound: Buffer;
  audioTokens: number;
}

/** Answers a request for sound. */
export async function answerAloud(exchange: AudioExchange, asked: AudioAsk): Promise<void> {
  const said = await say(exchange, asked);
  await keepAudio(exchange.context, audioId(exchange), said.transcript);
  if (exchange.request.stream) stream(exchange, said);
  else whole(exchange, said);
}

async function say({ context, text }: AudioExchange, { voice: asked, format }: AudioAsk): Promise<Said> {
  const voice = await voiceOf(context, asked, 'audio.voice');
  const pieces = readPieces(text.answers[0]!);
  const transcript = pieces.join('');
  const utterance = { seed: context.seed, text: transcript, voice, speed: 1 };
  const bytes = await mediaWork<'speech'>({ kind: 'speech', utterance, format });
  return {
    pieces,
    transcript,
    sound: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    audioTokens: Math.ceil(spokenS(transcript, 1) * SPEECH_TOKENS_PER_SECOND),
  };
}

/** All tokens; those of thoughts say nothing. */
function readPieces(answer: Answer): string[] {
  const pieces: string[] = [];
  for (let piece = answer.next(); piece !== undefined; piece = answer.next())
    pieces.push(answer.section.kind === 'reasoning' ? '' : piece);
  return pieces;
}

const audioId = ({ context, text }: AudioExchange): string => answerId(context.seed, 'audio_', text.digest);

/** The engine makes the tokens of text and those of sound. */
function sequenceOf({ text }: AudioExchange, { audioTokens }: Said) {
  const outputTokens = text.answers[0]!.tokens + audioTokens;
  return { ...text.sequences[0]!, outputTokens, maxTokens: outputTokens };
}

function book({ context, request, usageOf }: AudioExchange, said: Said, usage: GenerationUsage): Usage {
  const spoken = usageOf(usage);
  const { audioTokens } = said;
  const used = {
    ...spoken,
    completionTokens: spoken.completionTokens + audioTokens,
    completionAudioTokens: audioTokens,
  };
  context.account({ model: request.model, ...used, streamed: request.stream });
  return used;
}

function whole(exchange: AudioExchange, said: Said): void {
  const { context, reply, identity, text } = exchange;
  const { transcript, sound } = said;
  answerWhole({
    reply,
    generator: context.generator,
    requests: [sequenceOf(exchange, said)],
    ready: (usage) => {
      const expiresAt = identity.created + AUDIO_LIFE_S;
      const audio = `{"id":"${audioId(exchange)}","data":"${sound.toString('base64')}","expires_at":${expiresAt},"transcript":${asciiJson(transcript)}}`;
      const choice = {
        index: 0,
        message: `{"role":"assistant","content":null,"refusal":null,"annotations":[],"audio":${audio}}`,
        logprobs: 'null',
        finishReason: text.answers[0]!.finishReason,
      };
      reply.jsonText(completionJson(identity, choicesJson([choice]), book(exchange, said, usage)));
    },
    refuse: refusal,
  });
}

function stream(exchange: AudioExchange, said: Said): void {
  const { context, request, reply, identity } = exchange;
  const chunks = new ChunkWriter(identity, request.includeUsage, request.obfuscate);
  new TokenStream({
    reply,
    generator: context.generator,
    choices: [{ request: sequenceOf(exchange, said), frames: new AudioFrames(exchange, said, chunks) }],
    end: (usage) => {
      const used = book(exchange, said, usage);
      return request.includeUsage ? chunks.usage(used) + DONE_EVENT : DONE_EVENT;
    },
    refuse: refusal,
    broken: (failure) => brokenEvent(failure) + DONE_EVENT,
  }).start();
}

/** Tokens of text and of sound take turns, so that a word is read about when it is heard. */
class AudioFrames implements FrameSource {
  readonly #said: Said;
  readonly #chunks: ChunkWriter;
  readonly #id: string;
  readonly #expiresAt: number;
  readonly #finishReason: Answer['finishReason'];
  readonly #total: number;
  #tokens = 0;
  #read = 0;
  #heard = 0;
  /** Bytes that were sent. */
  #sent = 0;

  constructor(exchange: AudioExchange, said: Said, chunks: ChunkWriter) {
    this.#said = said;
    this.#chunks = chunks;
    this.#id = audioId(exchange);
    this.#expiresAt = exchange.identity.created + AUDIO_LIFE_S;
    this.#finishReason = exchange.text.answers[0]!.finishReason;
    this.#total = said.pieces.length + said.audioTokens;
  }

  get ended(): boolean {
    return this.#tokens >= this.#total;
  }

  next(): string {
    const { pieces } = this.#said;
    const first = this.#tokens++ === 0 ? this.#opening() : '';
    const isText =
      this.#read < pieces.length && this.#read * this.#total <= (this.#tokens - 1) * pieces.length;
    const frames = first + (isText ? this.#transcript(pieces[this.#read++]!) : this.#sound());
    if (!this.ended) return frames;
    return frames + this.#delta({ expires_at: this.#expiresAt }) + this.#chunks.finish(0, this.#finishReason);
  }

  #opening(): string {
    return (
      this.#chunks.delta(0, '{"role":"assistant","content":null,"refusal":null}') +
      this.#delta({ id: this.#id, transcript: '' })
    );
  }

  #transcript(text: string): string {
    return text === '' ? '' : this.#delta({ id: this.#id, transcript: text });
  }

  #sound(): string {
    const { sound, audioTokens } = this.#said;
    this.#heard++;
    if (this.#heard % TOKENS_PER_PART !== 0 && this.#heard < audioTokens) return '';
    // Whole samples.
    const end =
      this.#heard === audioTokens
        ? sound.length
        : 2 * Math.floor(((this.#heard / audioTokens) * sound.length) / 2);
    const data = sound.subarray(this.#sent, end).toString('base64');
    this.#sent = end;
    return this.#delta({ id: this.#id, data });
  }

  #delta(audio: object): string {
    return this.#chunks.delta(0, asciiJson({ audio }));
  }
}
