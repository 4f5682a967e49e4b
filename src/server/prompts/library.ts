/** The prompt templates of a server. */
import type { ServerContext } from '../context.js';
import { firstModel } from '../models/served-models.js';
import type { PromptLibrary } from './prompt-templates.js';

/** Those that it was started with; any other one too where it makes up what nobody made. */
export const libraryOf = ({ options, seed }: Pick<ServerContext, 'options' | 'seed'>): PromptLibrary => ({
  templates: options.promptData ?? [],
  ...(options.unknownResources === 'synthesize' && {
    madeUpFrom: { seed, model: firstModel(options.model) },
  }),
});
