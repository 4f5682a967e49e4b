/** What a response of a session is to be, and the chat that makes it. */
import type * as z from 'zod';
import { libraryOf } from '../../../prompts/library.js';
import { findPrompt, renderPrompt } from '../../../prompts/prompt-templates.js';
import type { Voice } from '../../../../simulator/speech/voices.js';
import type { RealtimeAudioFormat } from './audio-codec.js';
import { message, messagesOf } from './chat-messages.js';
import type { ResponseParams } from './client-events.js';
import type { Item, Part } from './conversation.js';
import type { SessionCore } from './core.js';
import { type McpTurn, planMcp } from './mcp.js';
import { type FunctionTool, INSTRUCTIONS, type promptReference, type toolChoice } from './session-config.js';
import { heardSeconds } from './response-body.js';
import { kept } from './truncation.js';

/** What is asked for. */
export interface ResponsePlan {
  id: string;
  /** Whether the items become part of the conversation. */
  inConversation: boolean;
  model: string;
  /** What it is told before the conversation. */
  told: readonly object[];
  input: readonly Item[];
  /** How long the sound in it is. */
  heardS: number;
  modality: 'text' | 'audio';
  format: RealtimeAudioFormat;
  voice: Voice;
  /** Its name, or its id. */
  voiceId: string;
  speed: number;
  tools: readonly FunctionTool[];
  toolChoice: z.output<typeof toolChoice>;
  effort: string | undefined;
  maxTokens: number | 'inf';
  metadata: unknown;
  /** What a server of the Model Context Protocol has to do with it. */
  mcp: McpTurn | undefined;
}

/**
 * What a session, and what is asked of it for this response alone, come to.
 *
 * @throws ApiError when there is no such voice, prompt or tool
 */
export function planResponse(core: SessionCore, params: ResponseParams, id: string): ResponsePlan {
  const session = core.settings;
  const voiceId = params.audio?.output?.voice ?? session.audio.output.voice;
  const prompt = params.prompt ?? session.prompt;
  const told = toldOf(core, prompt, params.instructions ?? session.instructions);
  const maxTokens = params.max_output_tokens ?? session.max_output_tokens;
  const tools = params.tools ?? session.tools;
  const choice = params.tool_choice ?? session.tool_choice;
  const given = params.input?.map((one): Item => {
    if (one.type === 'item_reference') return core.require(one.id);
    return { ...one, id: one.id ?? core.newId('item_') };
  });
  const all = given ?? kept(core, told, maxTokens);
  const input = all.map((item) =>
    core.conversation.withHeard(item, (part, { text }) => ({ ...part, transcript: text })),
  );
  return {
    id,
    inConversation: params.conversation !== 'none',
    model: session.model!,
    told,
    input,
    heardS: heardSeconds(core, input),
    modality: (params.output_modalities ?? session.output_modalities)[0]!,
    format: params.audio?.output?.format ?? session.audio.output.format,
    voice: core.voices.of(voiceId, 'response.audio.output.voice'),
    voiceId,
    speed: session.audio.output.speed,
    tools: tools.filter((tool) => tool.type === 'function'),
    toolChoice: choice,
    effort: (params.reasoning ?? session.reasoning)?.effort,
    maxTokens,
    metadata: params.metadata,
    mcp: planMcp(core, tools, choice, input),
  };
}

/**
 * What the model is told before the conversation: the prompt that is named, or the instructions.
 *
 * @throws ApiError when there is no such prompt, or not with such variables
 */
export function toldOf(
  core: Pick<SessionCore, 'context'>,
  prompt: z.output<typeof promptReference> | null | undefined,
  instructions: string,
): object[] {
  if (!prompt) return instructions === '' ? [] : [{ role: 'system', content: instructions }];
  const found = findPrompt(libraryOf(core.context), prompt);
  const own = instructions === INSTRUCTIONS ? undefined : instructions;
  return renderPrompt(found, prompt.variables ?? {}, own).map(({ role, content }) =>
    message(role === 'developer' ? 'system' : role, content as unknown as Part[]),
  );
}

/** The chat that says what this response says. */
export function chatBody(plan: ResponsePlan, input: readonly Item[]): object {
  const { model, told, tools, toolChoice, maxTokens, effort } = plan;
  return {
    model,
    messages: [...told, ...messagesOf(input)],
    stream: true,
    // Of what is broken off too.
    stream_options: { include_usage: true, continuous_usage_stats: true },
    ...(effort === undefined ? {} : { reasoning_effort: effort }),
    ...(maxTokens === 'inf' ? {} : { max_completion_tokens: maxTokens }),
    ...(tools.length === 0 ? {} : { tools: tools.map(chatTool), tool_choice: chatChoice(toolChoice) }),
  };
}

const chatTool = ({ name, description, parameters }: FunctionTool): object => ({
  type: 'function',
  function: {
    name,
    ...(description === undefined ? {} : { description }),
    parameters: parameters ?? { type: 'object', properties: {} },
  },
});

function chatChoice(choice: z.output<typeof toolChoice>): unknown {
  if (typeof choice === 'string') return choice;
  return choice.type === 'function' ? { type: 'function', function: { name: choice.name } } : 'none';
}
