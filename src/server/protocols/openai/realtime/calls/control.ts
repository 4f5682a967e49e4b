/** Control of calls: hanging up, and what only calls over SIP have. */
import * as z from 'zod';
import type { ServerContext } from '../../../../context.js';
import { ApiError } from '../../errors.js';
import { notFound } from '../../lists.js';
import type { OperationHandler, OperationHandlers } from '../../operations.js';
import { check } from '../../validation.js';
import { sessionChange } from '../session-config.js';
import { callsOf } from './call-book.js';
import { createCall } from './create-call.js';

/** There is no call with an id. */
export const noCall = (id: string): ApiError =>
  notFound(`No call found with id '${id.slice(0, 200)}'.`, 'call_id');

const hangUp: OperationHandler = async (context, request, reply) => {
  const id = request.param('call_id');
  if (!(await callsOf(context).hangUp(id))) throw noCall(id);
  reply.text('');
};

/** What is wrong with the body is said first, then that the call is not one over SIP. */
const ofSip =
  (body: z.ZodType, what: string): OperationHandler =>
  async (context: ServerContext, request) => {
    check(body, request.body.length > 0 ? request.json() : {});
    const id = request.param('call_id');
    if (!(await callsOf(context).exists(id))) throw noCall(id);
    throw new ApiError({
      status: 400,
      param: 'call_id',
      code: 'call_not_sip',
      message: `The call '${id.slice(0, 200)}' is over WebRTC, which ${what}. Only calls over SIP can be, and fakeai has none.`,
    });
  };

export const callHandlers: OperationHandlers = {
  'create-realtime-call': createCall,
  'accept-realtime-call': ofSip(sessionChange, 'was accepted when it was created'),
  'hangup-realtime-call': hangUp,
  'refer-realtime-call': ofSip(z.looseObject({ target_uri: z.string().min(1) }), 'cannot be referred'),
  'reject-realtime-call': ofSip(
    z.looseObject({ status_code: z.int().min(300).max(699).optional() }),
    'was accepted when it was created, and cannot be rejected',
  ),
};
