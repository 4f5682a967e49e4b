/** Control of calls. */
import type { OperationHandler, OperationHandlers } from '../../operations.js';
import { callsOf, noCall } from './call-book.js';
import { createCall } from './create-call.js';
import { accept, hangUpRinging, refer, reject } from './sip.js';

const hangUp: OperationHandler = async (context, request, reply) => {
  const id = request.param('call_id');
  if (!(await callsOf(context).hangUp(id)) && !(await hangUpRinging(context, id))) throw noCall(id);
  reply.text('');
};

export const callHandlers: OperationHandlers = {
  'create-realtime-call': createCall,
  'accept-realtime-call': accept,
  'hangup-realtime-call': hangUp,
  'refer-realtime-call': refer,
  'reject-realtime-call': reject,
};
