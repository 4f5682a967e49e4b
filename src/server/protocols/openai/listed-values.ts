/** In which order, and which of them, OpenAI names the values of a place; of others as the specification lists them. */
const LISTED: Readonly<Record<string, readonly string[]>> = {
  service_tier: ['auto', 'default', 'fast', 'flex', 'priority'],
  'response_format.type': ['json_object', 'json_schema', 'text'],
  'text.format.type': ['json_object', 'text', 'json_schema'],
  'timestamp_granularities[]': ['segment', 'word'],
  'reasoning.summary': ['concise', 'detailed', 'auto'],
};

/** The values as a refusal names them. */
export const asListed = (param: string, values: readonly unknown[]): readonly unknown[] =>
  LISTED[param.replaceAll(/\[\d+\]/g, '[]')] ?? values;
