/** `moderation` of a chat: what a model of moderation says of the input and of the output, and whether that is let through. */
import type { ServerContext } from '../../../context.js';
import type { FrameSource } from '../../../generation/token-stream.js';
import { asciiJson } from '../../../json.js';
import type { PromptMessage } from '../../../text/prompt.js';
import { invalid } from '../errors.js';
import { judgeMessage } from '../moderations.js';
import type { ChatMessage } from './messages.js';
import type { ExtrasBody } from './body.js';
import type { Choice, ChunkWriter } from './wire.js';

export type ModerationAsk = NonNullable<ExtrasBody['moderation']>;

interface SaidChoice {
  message: { content: string | null };
}

/** What was said of a request and its answers. */
export interface Moderated {
  /** The member of the answer, as JSON. */
  json: string;
  /** The choices as they are seen. */
  shown: (choices: readonly Choice[]) => Choice[];
  /** The events of a choice that is not to be seen; undefined for others. */
  framesOf: (index: number, chunks: ChunkWriter) => FrameSource | undefined;
}

/** What a model of moderation says of what the user, and not the developer, said and showed. */
export function judgeInput(
  context: ServerContext,
  model: string,
  messages: readonly PromptMessage[],
): ReturnType<typeof judgeMessage> {
  const said = messages.filter(({ role }) => role !== 'system' && role !== 'developer');
  const images = said
    .flatMap(({ media = [] }) => media)
    .flatMap((part) => (part.kind === 'image' && part.url.startsWith('data:') ? [part.url] : []));
  return judgeMessage(context, model, { texts: said.map(({ text }) => text), images });
}

/**
 * Moderates.
 *
 * @param choices - makes what would be said, as `WholeSaid` has it
 * @throws ApiError 400 when the input is flagged and that is to block it
 */
export async function moderate(
  context: ServerContext,
  { model, policy }: ModerationAsk,
  messages: readonly ChatMessage[],
  choices: () => string,
): Promise<Moderated> {
  const input = await judgeInput(context, model, messages);
  if (input.flagged && policy?.input?.mode === 'block') {
    const message = 'The request was blocked: its input was flagged by moderation.';
    throw invalid('messages', 'moderation_blocked', message);
  }
  const outputs = await Promise.all(
    (JSON.parse(`[${choices()}]`) as SaidChoice[]).map(({ message: { content } }) =>
      judgeMessage(context, model, { texts: [content ?? ''], images: [] }),
    ),
  );
  const blocks = policy?.output?.mode === 'block';
  const blocked = new Set(outputs.flatMap(({ flagged }, index) => (blocks && flagged ? [index] : [])));
  const body = (results: readonly object[]) => ({
    type: 'moderation_results',
    model,
    results: results.map((result) => ({ type: 'moderation_result', model, ...result })),
  });
  return {
    json: asciiJson({ input: body([input]), output: body(outputs) }),
    shown: (all) => all.map((choice) => (blocked.has(choice.index) ? blockedChoice(choice) : choice)),
    framesOf: (index, chunks) => (blocked.has(index) ? new BlockedFrames(chunks, index) : undefined),
  };
}

/** A choice of which nothing is seen. */
const blockedChoice = ({ index }: Choice): Choice => ({
  index,
  message: '{"role":"assistant","content":null,"refusal":null,"annotations":[]}',
  logprobs: 'null',
  finishReason: 'content_filter',
});

/** The same, streamed. */
class BlockedFrames implements FrameSource {
  readonly #chunks: ChunkWriter;
  readonly #index: number;
  ended = false;

  constructor(chunks: ChunkWriter, index: number) {
    this.#chunks = chunks;
    this.#index = index;
  }

  next(): string {
    this.ended = true;
    return this.#chunks.role(this.#index) + this.#chunks.finish(this.#index, 'content_filter');
  }
}
