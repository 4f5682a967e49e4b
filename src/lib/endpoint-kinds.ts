/** The one table of endpoints that can be measured: settings, bodies, URLs and readers follow it. */

export interface EndpointDescription {
  /** Below the version of the API; `''` for a URL that is taken as it is. */
  path: string;
  /** Whether answers can come as a stream. */
  streams: boolean;
  /** Whether a conversation can go on. */
  turns: boolean;
  /** What answers are counted in where tokens make no sense; with the unit of a rate of them. */
  items?: string;
  /** Answers are text that is counted in tokens beside the items. */
  tokens?: true;
  /** What of a request `--items` says the number of. */
  many?: string;
  summary: string;
}

export const ENDPOINT_KINDS = {
  chat: {
    path: '/chat/completions',
    streams: true,
    turns: true,
    summary: 'chat completions',
  },
  completions: {
    path: '/completions',
    streams: true,
    turns: false,
    summary: 'legacy completions',
  },
  responses: { path: '/responses', streams: true, turns: true, summary: "OpenAI's responses" },
  messages: { path: '/messages', streams: true, turns: true, summary: "Anthropic's messages" },
  embeddings: {
    path: '/embeddings',
    streams: false,
    turns: false,
    items: 'embeddings',
    many: 'texts',
    summary: 'embeddings of texts',
  },
  rerank: {
    path: '/rerank',
    streams: false,
    turns: false,
    items: 'documents',
    many: 'documents beside the query',
    summary: 'ranking of documents, as Cohere and Jina or (--rerank-shape) NIM do',
  },
  images: {
    path: '/images/generations',
    streams: false,
    turns: false,
    items: 'images',
    many: 'images',
    summary: 'image generation',
  },
  speech: {
    path: '/audio/speech',
    streams: false,
    turns: false,
    items: 'audio seconds',
    summary: 'speech from text',
  },
  transcription: {
    path: '/audio/transcriptions',
    streams: true,
    turns: false,
    items: 'audio seconds',
    tokens: true,
    summary: 'text from generated sound',
  },
  translation: {
    path: '/audio/translations',
    streams: false,
    turns: false,
    items: 'audio seconds',
    tokens: true,
    summary: 'English text from generated sound',
  },
  moderations: {
    path: '/moderations',
    streams: false,
    turns: false,
    items: 'texts',
    many: 'texts',
    summary: 'moderation of texts',
  },
  raw: {
    path: '',
    streams: true,
    turns: false,
    summary: 'any JSON API: the URL as it is, with the body of a template (--raw-body)',
  },
} as const satisfies Record<string, EndpointDescription>;

export type EndpointKind = keyof typeof ENDPOINT_KINDS;
export const ENDPOINT_NAMES = Object.keys(ENDPOINT_KINDS) as [EndpointKind, ...EndpointKind[]];

/** Whether an answer of an endpoint without text is none: of others, nobody knows what to look for, or it may be right. */
export const generatesText = (kind: EndpointKind): boolean =>
  endpointOf(kind).items === undefined && kind !== 'raw';

/** Whether answers of an endpoint are counted in tokens. */
export const countsTokens = (kind: EndpointKind): boolean => {
  const { items, tokens } = endpointOf(kind);
  return items === undefined || tokens === true;
};

/** What the table says of an endpoint, with the members that most of them lack. */
export const endpointOf = (kind: EndpointKind): EndpointDescription => ENDPOINT_KINDS[kind];
