/** Prompt templates that realtime sessions name. */
import { findPrompt, type PromptLibrary, renderPrompt } from '../../../prompts/prompt-templates.js';
import { type SessionChange, tool } from './session-config.js';

/**
 * A change with what its prompt says in place of what it does not say itself: the words are its instructions, and functions its
 * tools. Pictures and files are not for sessions.
 *
 * @throws ApiError 404 for a prompt that is not there, 400 for variables that do not fit it
 */
export function withPrompt(change: SessionChange, library: PromptLibrary): SessionChange {
  const { prompt } = change;
  if (!prompt) return change;
  const found = findPrompt(library, prompt);
  const texts = renderPrompt(found, prompt.variables ?? {}).flatMap(({ content }) =>
    content.flatMap(({ text }) => (typeof text === 'string' ? text : [])),
  );
  const tools = ((found.parameters.tools ?? []) as unknown[]).flatMap(
    (one) => tool.safeParse(one).data ?? [],
  );
  return {
    ...change,
    prompt: { ...prompt, version: found.version },
    instructions: change.instructions ?? texts.join('\n\n'),
    tools: change.tools ?? (tools.length > 0 ? tools : undefined),
  };
}
