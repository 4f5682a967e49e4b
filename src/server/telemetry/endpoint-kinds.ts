/** Requests by the kind of their endpoint: those that were answered with usage, and those that were lost. */

/** Why requests got no answer, or not all of it. */
export const LOSSES = [
  'cancelled',
  'queue_full',
  'context_too_long',
  'unavailable',
  'replica_failed',
] as const;

export type Loss = (typeof LOSSES)[number];

/** Kinds of endpoints that answer with usage, by Dynamo's names; `other` is what it has none for, such as ranking. */
export const ENDPOINTS = [
  'chat_completions',
  'completions',
  'responses',
  'anthropic_messages',
  'embeddings',
  'images',
  'audios',
  'other',
] as const;

export type Endpoint = (typeof ENDPOINTS)[number];

/** Requests of one kind of endpoint that were answered with usage, in one piece and as streams. */
export interface EndpointAnswers {
  readonly endpoint: Endpoint;
  readonly unary: number;
  readonly streamed: number;
  /** Of these, with cached prompt tokens. */
  readonly cached: number;
  /** What all of them used. */
  readonly promptTokens: number;
  readonly cachedTokens: number;
}

/** Requests of one kind that were not answered, or not to their end; one each, whatever their number of choices. */
export interface EndpointLosses {
  readonly endpoint: Endpoint;
  readonly streamed: boolean;
  readonly why: Loss;
  readonly count: number;
}
