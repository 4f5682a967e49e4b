/** What a response of a session is to be, and the chat that makes it. */
import type * as z from 'zod';
import type { RealtimeAudioFormat } from './audio-codec.js';
import { chatMessages, type Item } from './conversation.js';
import type { tool, toolChoice } from './session-config.js';

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
  voice: string;
  speed: number;
  tools: readonly z.output<typeof tool>[];
  toolChoice: z.output<typeof toolChoice>;
  maxTokens: number | 'inf';
  metadata: unknown;
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
