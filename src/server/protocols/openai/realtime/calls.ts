/**
 * `/realtime/calls`: calls over WebRTC and SIP. Their media is not simulated, so that there never is a call: creating one is 501,
 * and controlling one is what it is of a call that is not there.
 */
import * as z from 'zod';
import { ApiError } from '../errors.js';
import { notFound } from '../lists.js';
import type { OperationHandler, OperationHandlers } from '../operations.js';
import { check } from '../validation.js';
import { sessionChange } from './session-config.js';

const createCall: OperationHandler = () => {
  throw new ApiError({
    status: 501,
    type: 'not_implemented_error',
    code: 'not_implemented',
    headers: 'x-should-retry: false\r\n',
    message:
      'fakeai does not simulate the media of WebRTC calls. Connect to the WebSocket instead: GET /v1/realtime?model=gpt-realtime.',
  });
};

const NOTHING = z.looseObject({});

/** What is wrong with the body is said first, as for a call that is there. */
const control =
  (body: z.ZodType): OperationHandler =>
  (_context, request) => {
    check(body, request.body.length > 0 ? request.json() : {});
    throw notFound(`No call found with id '${request.param('call_id').slice(0, 200)}'.`, 'call_id');
  };

export const callHandlers: OperationHandlers = {
  'create-realtime-call': createCall,
  'accept-realtime-call': control(sessionChange),
  'hangup-realtime-call': control(NOTHING),
  'refer-realtime-call': control(z.looseObject({ target_uri: z.string().min(1) })),
  'reject-realtime-call': control(z.looseObject({ status_code: z.int().min(300).max(699).optional() })),
};
