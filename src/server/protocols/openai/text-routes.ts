/** The families of text beside chat. Their code is loaded with their first request. */
import type { ServerContext } from '../../context.js';
import type { Route } from '../../routing/route.js';
import { lazyRoutes } from './operations.js';

export const textRoutes = (context: ServerContext): Route[] => [
  ...lazyRoutes(context, async () => (await import('./completions/completions.js')).handlers, [
    'createCompletion',
  ]),
  ...lazyRoutes(context, async () => (await import('./chat/stored.js')).handlers, [
    'listChatCompletions',
    'getChatCompletion',
    'updateChatCompletion',
    'deleteChatCompletion',
    'getChatCompletionMessages',
  ]),
  ...lazyRoutes(context, async () => (await import('./responses/responses.js')).handlers, [
    'createResponse',
    'getResponse',
    'deleteResponse',
    'cancelResponse',
    'listInputItems',
    'Getinputtokencounts',
    'Compactconversation',
    'createConversation',
    'getConversation',
    'updateConversation',
    'deleteConversation',
    'createConversationItems',
    'listConversationItems',
    'getConversationItem',
    'deleteConversationItem',
  ]),
  {
    method: 'GET',
    path: '/responses',
    operationId: 'openResponses',
    handler: async (request, reply) =>
      (await import('./responses/socket.js')).openResponses(context, request, reply),
  },
  ...lazyRoutes(context, async () => (await import('./assistants/runs.js')).handlers, [
    'createAssistant',
    'listAssistants',
    'getAssistant',
    'modifyAssistant',
    'deleteAssistant',
    'createThread',
    'createThreadAndRun',
    'getThread',
    'modifyThread',
    'deleteThread',
    'createMessage',
    'listMessages',
    'getMessage',
    'modifyMessage',
    'deleteMessage',
    'createRun',
    'listRuns',
    'getRun',
    'modifyRun',
    'cancelRun',
    'submitToolOuputsToRun',
    'listRunSteps',
    'getRunStep',
  ]),
];
