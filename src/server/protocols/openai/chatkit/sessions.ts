/** `/chatkit/sessions`: what a page needs to begin chatting. */
import * as z from 'zod';
import type { ServerContext } from '../../../context.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import type { Reply } from '../../../routing/reply.js';
import { willAnswer } from '../../../store/commit-note.js';
import { newId } from '../../../store/new-id.js';
import type { Collection } from '../../../store/store.js';
import { ApiError } from '../errors.js';
import { notFound } from '../lists.js';
import type { OperationHandlers } from '../operations.js';
import { check } from '../validation.js';

const enabled = z.boolean().nullish();
const newSession = z.strictObject({
  user: z.string().min(1).max(1000),
  workflow: z.strictObject({
    id: z.string().min(1).max(200),
    version: z.string().nullish(),
    state_variables: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .refine((pairs) => Object.keys(pairs).length <= 64, { error: 'it can have at most 64 pairs' })
      .nullish(),
    tracing: z.strictObject({ enabled }).nullish(),
  }),
  expires_after: z
    .strictObject({ anchor: z.literal('created_at'), seconds: z.int().min(1).max(600) })
    .nullish(),
  rate_limits: z.strictObject({ max_requests_per_1_minute: z.int().min(1).nullish() }).nullish(),
  chatkit_configuration: z
    .strictObject({
      automatic_thread_titling: z.strictObject({ enabled }).nullish(),
      file_upload: z
        .strictObject({
          enabled,
          max_file_size: z.int().min(1).max(512).nullish(),
          max_files: z.int().min(1).nullish(),
        })
        .nullish(),
      history: z.strictObject({ enabled, recent_threads: z.int().min(1).nullish() }).nullish(),
    })
    .nullish(),
});

interface SessionRecord {
  id: string;
  expiresS: number;
  secret: string;
  cancelled: boolean;
  asked: z.output<typeof newSession>;
}

const SESSIONS: Collection<SessionRecord> = { name: 'chatkit_sessions', maxCount: 100_000, atBound: 'evict' };

/** OpenAI's defaults. */
const LIFE_S = 600;
const REQUESTS_PER_MINUTE = 10;
const UPLOAD = { bytesMiB: 512, files: 10 } as const;
/** How much longer an expired session can be asked for. */
const AFTERLIFE_MS = 3_600_000;

function sessionBody({ clock }: ServerContext, { id, expiresS, secret, cancelled, asked }: SessionRecord) {
  const { workflow, chatkit_configuration: configuration } = asked;
  const perMinute = asked.rate_limits?.max_requests_per_1_minute ?? REQUESTS_PER_MINUTE;
  const isUpload = configuration?.file_upload?.enabled ?? false;
  const isExpired = expiresS * 1000 <= clock.wallMs();
  return {
    id,
    object: 'chatkit.session',
    client_secret: secret,
    expires_at: expiresS,
    user: asked.user,
    status: cancelled ? 'cancelled' : isExpired ? 'expired' : 'active',
    workflow: {
      id: workflow.id,
      version: workflow.version ?? null,
      state_variables: workflow.state_variables ?? null,
      tracing: { enabled: workflow.tracing?.enabled ?? true },
    },
    max_requests_per_1_minute: perMinute,
    rate_limits: { max_requests_per_1_minute: perMinute },
    chatkit_configuration: {
      automatic_thread_titling: { enabled: configuration?.automatic_thread_titling?.enabled ?? true },
      file_upload: {
        enabled: isUpload,
        max_file_size: isUpload ? (configuration?.file_upload?.max_file_size ?? UPLOAD.bytesMiB) : null,
        max_files: isUpload ? (configuration?.file_upload?.max_files ?? UPLOAD.files) : null,
      },
      history: {
        enabled: configuration?.history?.enabled ?? true,
        recent_threads: configuration?.history?.recent_threads ?? null,
      },
    },
  };
}

async function create(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const asked = check(newSession, request.json());
  const nowS = Math.floor(context.clock.wallMs() / 1000);
  const session: SessionRecord = {
    id: await newId(context, 'cksess_', 32, 'hex'),
    secret: await newId(context, 'chatkit_token_', 32),
    expiresS: nowS + (asked.expires_after?.seconds ?? LIFE_S),
    cancelled: false,
    asked,
  };
  const expiresAtMs = session.expiresS * 1000 + AFTERLIFE_MS;
  const store = await context.store();
  const body = sessionBody(context, session);
  willAnswer(body);
  await store.put(SESSIONS, session.id, session, { expiresAtMs });
  reply.json(body);
}

async function cancel(context: ServerContext, request: ApiRequest, reply: Reply): Promise<void> {
  const id = request.param('session_id');
  const session = await (
    await context.store()
  ).update(SESSIONS, id, (current) => {
    const { status } = sessionBody(context, current);
    if (status === 'active') {
      const cancelled = { ...current, cancelled: true };
      willAnswer(sessionBody(context, cancelled));
      return cancelled;
    }
    const message = `The session '${id}' is ${status}: only an active one can be cancelled.`;
    throw new ApiError({ status: 400, message, param: 'session_id', code: 'session_not_active' });
  });
  if (!session) throw notFound(`No ChatKit session found with id '${id.slice(0, 200)}'.`, 'session_id');
  reply.json(sessionBody(context, session));
}

export const handlers: OperationHandlers = {
  CreateChatSessionMethod: create,
  CancelChatSessionMethod: cancel,
};
