/**
 * Calls over SIP, as those see them who control them: they come in, which webhooks are told, and are accepted, rejected, referred
 * and hung up. There is no telephone: `POST /fakeai/realtime/calls` has one come in, and what its caller says, whoever has
 * joined the call sends.
 */
import * as z from 'zod';
import type { ServerContext } from '../../../../context.js';
import { apiKeyOf } from '../../../../limits/api-keys.js';
import { willAnswer } from '../../../../store/commit-note.js';
import { newId } from '../../../../store/new-id.js';
import type { Collection } from '../../../../store/store.js';
import { announce } from '../../../../webhooks/events.js';
import { ApiError } from '../../errors.js';
import type { OperationHandler } from '../../operations.js';
import { check } from '../../validation.js';
import { SESSION_S } from '../any-session.js';
import { DEFAULT_MODEL, sessionFor } from '../planned-session.js';
import { sessionChange } from '../session-config.js';
import { RealtimeConnection } from '../session.js';
import { Call } from './call.js';
import { callsOf, noCall } from './call-book.js';

/** A call as it is kept. */
interface SipCall {
  id: string;
  status: 'ringing' | 'in_progress' | 'rejected' | 'referred' | 'ended';
  /** What a rejected caller was told, as SIP has it. */
  statusCode: number | null;
  /** Where a referred one was sent. */
  targetUri: string | null;
}

const SIP_CALLS: Collection<SipCall> = { name: 'sip-calls', maxCount: 10_000, atBound: 'evict' };

/** As SIP says that somebody is busy. */
const BUSY = 486;
const MAX_HEADERS = 64;

const header = z.strictObject({ name: z.string().min(1).max(256), value: z.string().max(1024) });
const incoming = z.strictObject({
  from: z.string().max(256).default('sip:+15550100@sip.example.com'),
  to: z.string().max(256).default('sip:+15550199@sip.example.com'),
  sip_headers: z.array(header).max(MAX_HEADERS).default([]),
});
const referral = z.looseObject({ target_uri: z.string().min(1) });
const rejection = z.looseObject({ status_code: z.int().min(300).max(699).default(BUSY) });

const bodyOf = ({ id, status, statusCode, targetUri }: SipCall) => ({
  call_id: id,
  object: 'realtime.call',
  status,
  status_code: statusCode,
  target_uri: targetUri,
});

/** Has a call come in. */
export const ring: OperationHandler = async (context, request, reply) => {
  const asked = check(incoming, request.body.length > 0 ? request.json() : {});
  const id = await newId(context, 'rtc_', 32, 'hex');
  const call: SipCall = { id, status: 'ringing', statusCode: null, targetUri: null };
  const headers = [
    { name: 'From', value: asked.from },
    { name: 'To', value: asked.to },
    { name: 'Call-ID', value: id.slice('rtc_'.length) },
    ...asked.sip_headers,
  ];
  const expiresAtMs = context.clock.wallMs() + SESSION_S * 1000;
  await (
    await context.store()
  ).transact(async (transaction) => {
    transaction.put(SIP_CALLS, id, call, { expiresAtMs });
    await announce(context, transaction, 'realtime.call.incoming', { call_id: id, sip_headers: headers });
  });
  reply.json(bodyOf(call), 201);
};

/** What became of a call. */
export const show: OperationHandler = async (context, request, reply) => {
  const id = request.param('call_id');
  const call = await (await context.store()).get(SIP_CALLS, id);
  if (!call) throw noCall(id);
  reply.json(bodyOf(call));
};

/**
 * Changes a call.
 *
 * @param from - in which states it can be changed
 * @throws ApiError 404 when it is not there, 400 when it is not over SIP or in another state
 */
async function change(
  context: ServerContext,
  id: string,
  from: readonly SipCall['status'][],
  to: Partial<SipCall>,
): Promise<void> {
  const call = await (
    await context.store()
  ).update(SIP_CALLS, id, (current) => {
    if (from.includes(current.status)) return { ...current, ...to };
    const message = `The call '${id}' is ${current.status.replace('_', ' ')}.`;
    throw new ApiError({ status: 400, param: 'call_id', code: 'invalid_call_status', message });
  });
  if (call) return;
  if (!(await callsOf(context).exists(id))) throw noCall(id);
  const message = `The call '${id.slice(0, 200)}' is over WebRTC, where it was accepted when it was created. Only calls over SIP can be accepted, rejected and referred.`;
  throw new ApiError({ status: 400, param: 'call_id', code: 'call_not_sip', message });
}

export const accept: OperationHandler = async (context, request, reply) => {
  const id = request.param('call_id');
  const asked = check(sessionChange, request.body.length > 0 ? request.json() : {});
  const book = callsOf(context);
  book.checkRoom();
  const session = await sessionFor(context, {
    key: apiKeyOf(request.headers),
    model: asked.model ?? DEFAULT_MODEL,
    change: asked,
    type: undefined,
  });
  willAnswer(undefined);
  await change(context, id, ['ringing'], { status: 'in_progress' });
  const over = (): void => {
    book.remove(id);
    // One that was referred stays so.
    change(context, id, ['in_progress'], { status: 'ended' }).catch(() => {});
  };
  const begin = (write: (text: string) => void): RealtimeConnection =>
    new RealtimeConnection(context, { ...session, tracks: false }, write);
  await book.add(new Call(context, id, session.voices, begin, over));
  reply.text('');
};

export const reject: OperationHandler = async (context, request, reply) => {
  const { status_code: statusCode } = check(rejection, request.body.length > 0 ? request.json() : {});
  willAnswer(undefined);
  await change(context, request.param('call_id'), ['ringing'], { status: 'rejected', statusCode });
  reply.text('');
};

export const refer: OperationHandler = async (context, request, reply) => {
  const { target_uri: targetUri } = check(referral, request.body.length > 0 ? request.json() : {});
  const id = request.param('call_id');
  willAnswer(undefined);
  await change(context, id, ['in_progress'], { status: 'referred', targetUri });
  await callsOf(context).hangUp(id);
  reply.text('');
};

/** Hangs up a call that nobody has accepted; false when there is none. */
export async function hangUpRinging(context: ServerContext, id: string): Promise<boolean> {
  let ended = false;
  await (
    await context.store()
  ).update(SIP_CALLS, id, (current): SipCall | undefined => {
    ended = current.status === 'ringing';
    return ended ? { ...current, status: 'ended' } : undefined;
  });
  return ended;
}
