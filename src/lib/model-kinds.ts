/** What models are for and what they can do; the settings and the simulator both speak of it. */

/** What a model can be asked for. Those of chats answer responses too; `responses` alone means nothing else. */
export const ENDPOINTS = [
  'chat',
  'responses',
  'completions',
  'embeddings',
  'rerank',
  'moderation',
  'image',
  'speech',
  'transcription',
  'realtime',
  'video',
] as const;
export type Endpoint = (typeof ENDPOINTS)[number];

/** What a model can do beyond text in, text out. */
export const FEATURES = [
  'vision',
  'audio_input',
  'audio_output',
  'video_input',
  'reasoning',
  'tools',
  'structured_outputs',
  'json_mode',
  'logprobs',
  'predicted_outputs',
  'prompt_caching',
  'fine_tuning',
  'web_search',
] as const;
export type Feature = (typeof FEATURES)[number];
