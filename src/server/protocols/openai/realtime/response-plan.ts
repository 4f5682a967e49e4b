/** What a response of a session is to be, and the chat that makes it. */
import type * as z from 'zod';
import type { Voice } from '../../../../simulator/speech/voices.js';
import type { RealtimeAudioFormat } from './audio-codec.js';
import { chatMessages, type Item } from './conversation.js';
import type { ResponseParams } from './client-events.js';
import type { RealtimeSession, tool, toolChoice } from './session-config.js';
import type { SessionVoices } from './session-voices.js';

/** What is asked for. */
export interface ResponsePlan {
  id: string;
  /** Whether the items become part of the conversation. */
  inConversation: boolean;
  model: string;
  instructions: string;
  input: readonly Item[];
  modality: 'text' | 'audio';
  format: RealtimeAudioFormat;
  voice: Voice;
  /** Its name, or its id. */
  voiceId: string;
  speed: number;
  tools: readonly z.output<typeof tool>[];
  toolChoice: z.output<typeof toolChoice>;
  maxTokens: number | 'inf';
  metadata: unknown;
}

/**
 * What a session, and what is asked of it for this response alone, come to.
 *
 * @throws ApiError when there is no such voice
 */
export function planResponse(
  session: RealtimeSession,
  params: ResponseParams,
  { id, input, voices }: { id: string; input: readonly Item[]; voices: SessionVoices },
): ResponsePlan {
  const voiceId = params.audio?.output?.voice ?? session.audio.output.voice;
  return {
    id,
    inConversation: params.conversation !== 'none',
    model: session.model!,
    instructions: params.instructions ?? session.instructions,
    input,
    modality: (params.output_modalities ?? session.output_modalities)[0]!,
    format: session.audio.output.format,
    voice: voices.of(voiceId, 'response.audio.output.voice'),
    voiceId,
    speed: session.audio.output.speed,
    tools: params.tools ?? session.tools,
    toolChoice: params.tool_choice ?? session.tool_choice,
    maxTokens: params.max_output_tokens ?? session.max_output_tokens,
    metadata: params.metadata,
  };
}

/** The chat that says what this response says. */
export function chatBody({ model, instructions, input, tools, toolChoice, maxTokens }: ResponsePlan): object {
  return {
    model,
    messages: chatMessages(instructions, input),
    stream: true,
    stream_options: { include_usage: true },
    ...(maxTokens === 'inf' ? {} : { max_completion_tokens: maxTokens }),
    ...(tools.length === 0
      ? {}
      : {
          tools: tools.map(({ name, description, parameters }) => ({
            type: 'function',
            function: {
              name,
              ...(description === undefined ? {} : { description }),
              parameters: parameters ?? { type: 'object', properties: {} },
            },
          })),
          tool_choice:
            typeof toolChoice === 'string'
              ? toolChoice
              : { type: 'function', function: { name: toolChoice.name } },
        }),
  };
}
