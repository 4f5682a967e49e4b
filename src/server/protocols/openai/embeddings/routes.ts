/** `POST /v1/embeddings`. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ServerContext } from '../../../context.js';
import { asciiJson } from '../../../json.js';
import { Embedders } from '../../../models/embedders.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import type { Reply } from '../../../routing/reply.js';
import type { Route } from '../../../routing/route.js';
import { longTogether, whenTextsCounted } from '../../../text/long-texts.js';
import { mediaScript, slowest } from '../../../text/media-fixtures.js';
import { type Work, workDone } from '../work.js';
import { floatsJson } from './floats-json.js';
import { type EmbeddingRequest, readEmbeddingRequest, textsIn } from './request.js';

/** Characters that are made into vectors at once, and of vectors that are shown; then others get their turn. */
const BATCH_CHARACTERS = 64 * 1024;
const BATCH_SHOWN = 512 * 1024;
/** What stands before the vectors. */
const START = '{"object":"list","data":[';

/** Embeddings. */
export function embeddingRoutes(context: ServerContext): Route[] {
  const embedders = new Embedders(context.seed);
  const { counter, models } = context;
  const handler = (request: ApiRequest, reply: Reply): void | Promise<void> => {
    const body = request.json();
    return whenTextsCounted(
      counter,
      longTogether(textsIn(body)),
      () => embed(request, body, reply),
      () => reply.response.done,
    );
  };
  const embed = async (request: ApiRequest, body: Record<string, unknown>, reply: Reply): Promise<void> => {
    const asked = readEmbeddingRequest(body, {
      tokenizer: counter.tokenizer,
      count: (text) => counter.count(text),
      modelOf: (id) => models.of(id, 'embeddings'),
    });
    const { model, texts } = asked;
    const promptTokens = asked.tokens.reduce((sum, tokens) => sum + tokens, 0);
    const scripts = texts.map((text) =>
      mediaScript(context, request, { endpoint: 'embeddings', model: model.id, text }),
    );
    const pace = slowest(scripts.map((script) => script.pace));
    const given = scripts.map(({ embedding }) => embedding);
    const work: Work = { model: model.id, texts, promptTokens, steps: 0, endpoint: 'embeddings', pace };
    const [data] = await Promise.all([vectorsJson(asked, given, embedders), workDone(context, reply, work)]);
    context.account({
      model: model.id,
      promptTokens,
      cachedTokens: 0,
      completionTokens: 0,
      endpoint: 'embeddings',
    });
    const end =
      `],"model":${asciiJson(model.id)},` +
      `"usage":{"prompt_tokens":${promptTokens},"total_tokens":${promptTokens}}}`;
    if (data.length === 1) reply.jsonText(START + data[0]! + end);
    else reply.bytes(bytesOf([START, ...data, end]), 'application/json');
  };
  return [{ method: 'POST', path: '/embeddings', operationId: 'createEmbedding', handler }];
}

/**
 * The items of `data`, in parts: to put a long list together at once would keep others waiting.
 *
 * @param given - vectors of the texts for which a fixture says them
 */
async function vectorsJson(
  asked: EmbeddingRequest,
  given: readonly (readonly number[] | undefined)[],
  embedders: Embedders,
): Promise<string[]> {
  const embedder = embedders.of(asked.model);
  const parts: string[] = [];
  let part = '';
  let characters = 0;
  for (const [index, text] of asked.texts.entries()) {
    const own = given[index];
    const vector = own ? new Float32Array(own) : embedder.embed(text, asked.dimensions);
    const floats = (): string => (own ? JSON.stringify(own) : floatsJson(vector));
    const shown = asked.format === 'float' ? floats() : base64Json(vector);
    part += `${index > 0 ? ',' : ''}{"object":"embedding","index":${index},"embedding":${shown}}`;
    characters += text.length;
    if (characters < BATCH_CHARACTERS && part.length < BATCH_SHOWN) continue;
    parts.push(part);
    part = '';
    characters = 0;
    await nextTurn();
  }
  if (part !== '') parts.push(part);
  return parts;
}

/** Texts in ASCII, one behind the other. */
function bytesOf(texts: readonly string[]): Buffer {
  const bytes = Buffer.allocUnsafe(texts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const text of texts) at += bytes.write(text, at, 'latin1');
  return bytes;
}

/** Little-endian floats, as every machine that Node runs on has them. */
const base64Json = (vector: Float32Array): string =>
  `"${Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64')}"`;
