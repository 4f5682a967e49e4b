/** `/v1/responses` and `/v1/conversations` */
import type { OperationHandlers } from '../operations.js';
import { compactConversation } from './compact.js';
import { conversationHandlers } from './conversations.js';
import { createResponse } from './create.js';
import { cancelResponse, countInput, deleteResponse, getResponse, listInputItems } from './read.js';

export const handlers: OperationHandlers = {
  ...conversationHandlers,
  createResponse,
  getResponse,
  deleteResponse,
  cancelResponse,
  listInputItems,
  Getinputtokencounts: countInput,
  Compactconversation: compactConversation,
};
