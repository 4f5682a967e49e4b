/** What a realtime session is set to: its defaults, and what clients may change. */
import * as z from 'zod';
import { VOICES } from '../../../../simulator/speech/voices.js';
import { isCustomVoice } from '../audio/custom-voices.js';
import { voiceId } from '../audio/speech-choices.js';
import type { VoiceActivity } from './input-audio.js';

/** Sound as it is sent. */
export const format = z.discriminatedUnion('type', [
  z.object({ type: z.literal('audio/pcm'), rate: z.literal(24_000).optional() }),
  z.object({ type: z.literal('audio/pcmu') }),
  z.object({ type: z.literal('audio/pcma') }),
]);

export const turnDetection = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('server_vad'),
    threshold: z.number().min(0).max(1).default(0.5),
    prefix_padding_ms: z.int().min(0).default(300),
    silence_duration_ms: z.int().min(0).default(500),
    idle_timeout_ms: z.int().min(5000).max(30_000).nullish(),
    create_response: z.boolean().default(true),
    interrupt_response: z.boolean().default(true),
  }),
  z.object({
    type: z.literal('semantic_vad'),
    eagerness: z.enum(['low', 'medium', 'high', 'auto']).default('auto'),
    create_response: z.boolean().default(true),
    interrupt_response: z.boolean().default(true),
  }),
]);

export const noiseReduction = z.object({ type: z.enum(['near_field', 'far_field']) });

export const transcription = z.object({
  model: z.string().optional(),
  language: z.string().optional(),
  prompt: z.string().optional(),
  languages: z.array(z.string()).min(1).optional(),
  keywords: z.array(z.string()).optional(),
});

const functionTool = z.object({
  type: z.literal('function'),
  name: z.string().min(1),
  description: z.string().optional(),
  parameters: z.looseObject({}).optional(),
});
export type FunctionTool = z.output<typeof functionTool>;

export const tool = z.discriminatedUnion('type', [
  functionTool,
  z.looseObject({ type: z.literal('mcp'), server_label: z.string().min(1) }),
]);
export type Tool = z.output<typeof tool>;

export const toolChoice = z.union([
  z.enum(['auto', 'none', 'required']),
  z.object({ type: z.literal('function'), name: z.string() }),
  z.object({ type: z.literal('mcp'), server_label: z.string(), name: z.string().nullish() }),
]);

export const reasoning = z.object({
  effort: z.enum(['minimal', 'low', 'medium', 'high', 'xhigh']).optional(),
});

export const promptReference = z.object({
  id: z.string().min(1),
  version: z.string().nullish(),
  variables: z
    .record(
      z.string(),
      z.union([z.string(), z.looseObject({ type: z.enum(['input_text', 'input_image', 'input_file']) })]),
    )
    .nullish(),
});

const truncation = z.union([
  z.enum(['auto', 'disabled']),
  z.object({
    type: z.literal('retention_ratio'),
    retention_ratio: z.number().min(0).max(1),
    token_limits: z.object({ post_instructions: z.int().min(0).optional() }).optional(),
  }),
]);
export type Truncation = z.output<typeof truncation>;

const tracing = z.union([
  z.literal('auto'),
  z.object({
    workflow_name: z.string().optional(),
    group_id: z.string().optional(),
    metadata: z.looseObject({}).optional(),
  }),
]);

export const maxTokens = z.union([z.int().min(1).max(4096), z.literal('inf')]);
export const modalities = z.array(z.enum(['text', 'audio'])).length(1);

const VOICE_NAMES = VOICES.map(({ id }) => id);

/** A voice by its name, or by what is like the id of one that was made; as a session shows it. */
export const voice = z
  .union([z.string(), z.object({ id: z.string() })])
  .transform(voiceId)
  .superRefine((id, context) => {
    if (!VOICE_NAMES.includes(id) && !isCustomVoice(id))
      context.addIssue({ code: 'invalid_value', values: VOICE_NAMES, input: id });
  });

/** What `session.update` and the REST endpoints take. */
export const sessionChange = z.object({
  type: z.enum(['realtime', 'transcription']).optional(),
  model: z.string().optional(),
  instructions: z.string().optional(),
  output_modalities: modalities.optional(),
  max_output_tokens: maxTokens.optional(),
  tools: z.array(tool).max(128).optional(),
  tool_choice: toolChoice.optional(),
  parallel_tool_calls: z.boolean().optional(),
  reasoning: reasoning.optional(),
  truncation: truncation.optional(),
  tracing: tracing.nullish(),
  prompt: promptReference.nullish(),
  include: z.array(z.literal('item.input_audio_transcription.logprobs')).nullish(),
  audio: z
    .object({
      input: z
        .object({
          format: format.optional(),
          transcription: transcription.nullish(),
          noise_reduction: noiseReduction.nullish(),
          turn_detection: turnDetection.nullish(),
        })
        .optional(),
      output: z
        .object({
          format: format.optional(),
          voice: voice.optional(),
          speed: z.number().min(0.25).max(1.5).optional(),
        })
        .optional(),
    })
    .optional(),
});
export type SessionChange = z.output<typeof sessionChange>;

/** A session's settings, as the API shows them. */
export interface RealtimeSession {
  type: 'realtime' | 'transcription';
  object: 'realtime.session' | 'realtime.transcription_session';
  id: string;
  expires_at: number;
  model?: string;
  instructions: string;
  output_modalities: ('text' | 'audio')[];
  max_output_tokens: number | 'inf';
  tools: Tool[];
  tool_choice: z.output<typeof toolChoice>;
  parallel_tool_calls?: boolean;
  reasoning?: z.output<typeof reasoning>;
  truncation: Truncation;
  tracing: z.output<typeof tracing> | null;
  prompt?: z.output<typeof promptReference> | null;
  include?: string[] | null;
  audio: {
    input: {
      format: z.output<typeof format>;
      transcription: z.output<typeof transcription> | null;
      noise_reduction: { type: string } | null;
      turn_detection: z.output<typeof turnDetection> | null;
    };
    output: { format: z.output<typeof format>; voice: string; speed: number };
  };
}

/** What a session is told when nobody says otherwise. */
export const INSTRUCTIONS = 'You are a helpful, witty, and friendly AI. Act like a human.';

/** A new session. */
export const newSession = (
  id: string,
  model: string,
  expiresS: number,
  type: RealtimeSession['type'],
): RealtimeSession => ({
  type,
  object: type === 'realtime' ? 'realtime.session' : 'realtime.transcription_session',
  id,
  expires_at: expiresS,
  model,
  instructions: INSTRUCTIONS,
  output_modalities: ['audio'],
  max_output_tokens: 'inf',
  tools: [],
  tool_choice: 'auto',
  truncation: 'auto',
  tracing: null,
  audio: {
    input: {
      format: { type: 'audio/pcm', rate: 24_000 },
      transcription: type === 'transcription' ? { model: 'gpt-4o-transcribe' } : null,
      noise_reduction: null,
      turn_detection: {
        type: 'server_vad',
        threshold: 0.5,
        prefix_padding_ms: 300,
        silence_duration_ms: 500,
        idle_timeout_ms: null,
        create_response: true,
        interrupt_response: true,
      },
    },
    output: { format: { type: 'audio/pcm', rate: 24_000 }, voice: 'alloy', speed: 1 },
  },
});

/** Only what is there. */
const given = <T extends object>(change: T | undefined): Partial<T> =>
  Object.fromEntries(Object.entries(change ?? {}).filter(([, value]) => value !== undefined)) as Partial<T>;

/** Two changes as one; what the second one says comes before what the first one does. */
export function mergedChange(
  first: SessionChange | undefined,
  second: SessionChange | undefined,
): SessionChange | undefined {
  if (!first || !second) return second ?? first;
  return {
    ...first,
    ...given(second),
    audio: {
      input: { ...first.audio?.input, ...given(second.audio?.input) },
      output: { ...first.audio?.output, ...given(second.audio?.output) },
    },
  };
}

/** The settings after a change; what it does not name stays. */
export function changedSession(session: RealtimeSession, change: SessionChange): RealtimeSession {
  const { audio, type: _type, model: _model, ...rest } = change;
  return {
    ...session,
    ...(given(rest) as Partial<RealtimeSession>),
    audio: {
      input: {
        ...session.audio.input,
        ...(given(audio?.input) as Partial<RealtimeSession['audio']['input']>),
      },
      output: {
        ...session.audio.output,
        ...(given(audio?.output) as Partial<RealtimeSession['audio']['output']>),
      },
    },
  };
}

/** Silence after which a turn is over, by how eager the model is to answer. */
const EAGERNESS_MS = { low: 900, medium: 500, auto: 500, high: 250 } as const;

/** How turns are detected; undefined when the client says where they end. */
export function voiceActivityOf({ audio }: RealtimeSession): VoiceActivity | undefined {
  const detection = audio.input.turn_detection;
  if (!detection) return undefined;
  return detection.type === 'server_vad'
    ? {
        threshold: detection.threshold,
        prefixPaddingMs: detection.prefix_padding_ms,
        silenceMs: detection.silence_duration_ms,
      }
    : { threshold: 0.5, prefixPaddingMs: 300, silenceMs: EAGERNESS_MS[detection.eagerness] };
}

/** A session as the API shows it: what is off is left out. */
export function shownSession(session: RealtimeSession): Record<string, unknown> {
  const { transcription, noise_reduction: noise, ...input } = session.audio.input;
  const shownInput = {
    ...input,
    ...(transcription && { transcription }),
    ...(noise && { noise_reduction: noise }),
  };
  const { type, object, id, expires_at: expires, include, audio } = session;
  const includes = include ? { include } : {};
  if (type === 'transcription') {
    return { type, object, id, expires_at: expires, ...includes, audio: { input: shownInput } };
  }
  // Whether tools may be called at once is taken, and not shown.
  const { parallel_tool_calls: _parallel, prompt = null, ...shown } = session;
  return { ...shown, prompt, ...includes, audio: { input: shownInput, output: audio.output } };
}
