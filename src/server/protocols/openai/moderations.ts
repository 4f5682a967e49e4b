/** `POST /v1/moderations`. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import * as z from 'zod';
import { digestOf } from '../../../lib/digest.js';
import { createRandom } from '../../../lib/random.js';
import { FLAG_SCORE, highest, type Scores, scoreInPortions } from '../../../simulator/moderation/moderate.js';
import type { ModelInfo } from '../../../simulator/models/model.js';
import { CATEGORIES, type Category } from '../../../simulator/moderation/rules.js';
import type { ServerContext } from '../../context.js';
import type { ApiRequest } from '../../routing/api-request.js';
import type { Reply } from '../../routing/reply.js';
import type { Route } from '../../routing/route.js';
import { longTogether, whenTextsCounted } from '../../text/long-texts.js';
import { type MediaScript, mediaScript, slowest } from '../../text/media-fixtures.js';
import { checkRequest } from './checked-request.js';
import { ApiError, invalid } from './errors.js';
import { moderateImage } from './moderation-images.js';
import { check } from './validation.js';
import { sayingIts } from './words/family-words.js';
import { workDone } from './work.js';

const PATH = '/moderations';
const DEFAULT_MODEL = 'omni-moderation-latest';
const MAX_INPUTS = 2048;
/** Characters that are judged at once; then others get their turn. */
const BATCH_CHARACTERS = 16 * 1024;
/** What an image costs to look at, in tokens. */
const IMAGE_TOKENS = 85;

const part = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string() }),
  z.object({ type: z.literal('image_url'), image_url: z.object({ url: z.string().min(1) }) }),
]);
const body = z.object({
  model: z.string().nullish(),
  input: z.union([
    z.string(),
    z.array(z.string()).min(1).max(MAX_INPUTS),
    z.array(part).min(1).max(MAX_INPUTS),
  ]),
});
type Part = z.output<typeof part>;

/** Categories that are looked for in pictures too. */
const IN_IMAGES: ReadonlySet<Category> = new Set<Category>([
  'self-harm',
  'self-harm/intent',
  'self-harm/instructions',
  'sexual',
  'violence',
  'violence/graphic',
]);

/** What is judged together: a text, or the parts of one message. */
interface Case {
  texts: string[];
  images: string[];
}

/** Moderation. */
export function moderationRoutes(context: ServerContext): Route[] {
  const handler = async (request: ApiRequest, reply: Reply): Promise<void> => {
    const input = request.json();
    checkRequest('createModeration', PATH, request);
    const asked = check(body, input);
    const id = asked.model ?? DEFAULT_MODEL;
    const model = modelOf(context, id);
    const cases = casesOf(asked.input);
    const omni = model.features.includes('vision');
    if (!omni && cases.some(({ images }) => images.length > 0))
      throw invalid('input', 'invalid_value', `The model '${id}' moderates text only.`);
    const texts = cases.flatMap((one) => [...one.texts, ...one.images]);
    const promptTokens = await promptTokensOf(context, cases);
    const scripts = cases.map((one) =>
      mediaScript(context, request, { endpoint: 'moderations', model: id, text: one.texts.join('\n') }),
    );
    const pace = slowest(scripts.map((script) => script.pace));
    const [results] = await Promise.all([
      judgeAll(context, cases, scripts, omni),
      workDone(context, reply, { model: model.id, texts, promptTokens, steps: 0, pace }),
    ]);
    reply.json({
      id: idOf(context.seed, id, texts),
      model: id,
      results,
    });
  };
  return [
    {
      method: 'POST',
      path: PATH,
      operationId: 'createModeration',
      handler: (request, reply) => sayingIts('createModeration', () => handler(request, reply)),
    },
  ];
}

/** @throws ApiError 400 for what is no model that moderates */
function modelOf({ models }: ServerContext, id: string): ModelInfo {
  try {
    return models.of(id, 'moderation');
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const message = `Invalid value for 'model' = ${id.slice(0, 200)}. Please check the OpenAI documentation and try again.`;
    throw invalid('model', null, message);
  }
}

function casesOf(input: z.output<typeof body>['input']): Case[] {
  if (typeof input === 'string') return [{ texts: [input], images: [] }];
  if (typeof input[0] === 'string') return (input as string[]).map((text) => ({ texts: [text], images: [] }));
  // Parts are one message.
  const parts = input as Part[];
  return [
    {
      texts: parts.flatMap((one) => (one.type === 'text' ? one.text : [])),
      images: parts.flatMap((one) => (one.type === 'image_url' ? one.image_url.url : [])),
    },
  ];
}

async function promptTokensOf({ counter }: ServerContext, cases: readonly Case[]): Promise<number> {
  const texts = cases.flatMap((one) => one.texts);
  let tokens = cases.reduce((sum, { images }) => sum + images.length * IMAGE_TOKENS, 0);
  await whenTextsCounted(counter, longTogether(texts), () => {
    for (const text of texts) tokens += counter.count(text);
  });
  return tokens;
}

const nothing = Object.fromEntries(CATEGORIES.map((category) => [category, 0])) as Scores;

async function scoresOf(text: string): Promise<Scores> {
  const scoring = scoreInPortions(text);
  for (;;) {
    const { done, value } = scoring.next();
    if (done) return value;
    await nextTurn();
  }
}

async function judgeAll(
  context: ServerContext,
  cases: readonly Case[],
  scripts: readonly MediaScript[],
  omni: boolean,
) {
  const results: Awaited<ReturnType<typeof judge>>[] = [];
  let characters = 0;
  for (const [i, one] of cases.entries()) {
    const { scores } = scripts[i]!;
    results.push(scores ? judgement(one, { ...nothing, ...scores }, omni) : await judge(context, one, omni));
    characters += one.texts.reduce((sum, { length }) => sum + length, 0);
    if (characters < BATCH_CHARACTERS) continue;
    characters = 0;
    await nextTurn();
  }
  return results;
}

/** What a model of moderation says of a text, and of pictures beside it. */
export async function judgeMessage(
  context: ServerContext,
  id: string,
  message: { texts: string[]; images: string[] },
): Promise<Awaited<ReturnType<typeof judge>>> {
  const omni = context.models.of(id, 'moderation').features.includes('vision');
  return judge(context, { texts: message.texts, images: omni ? message.images : [] }, omni);
}

/** @throws ApiError 400 for what is no picture */
async function judge(context: ServerContext, one: Case, omni: boolean) {
  const { texts, images } = one;
  let ofTexts = nothing;
  for (const text of texts) ofTexts = highest(ofTexts, await scoresOf(text));
  const looks = images.map((url) => moderateImage(context, url, 'input'));
  const ofImages = (await Promise.all(looks)).reduce(highest, nothing);
  const scores = { ...ofTexts };
  for (const category of IN_IMAGES) scores[category] = Math.max(ofTexts[category], ofImages[category]);
  return judgement(one, scores, omni);
}

/** As it is answered. */
function judgement({ texts, images }: Case, given: Scores, omni: boolean) {
  const scores = { ...given };
  const types: Record<string, string[]> = {};
  for (const category of CATEGORIES) {
    const seen = images.length > 0 && IN_IMAGES.has(category);
    // The older models do not know these.
    if (!omni && category.startsWith('illicit')) scores[category] = 0;
    types[category] = [...(texts.length > 0 ? ['text'] : []), ...(seen ? ['image'] : [])];
  }
  const categories = Object.fromEntries(CATEGORIES.map((one) => [one, scores[one] >= FLAG_SCORE]));
  return {
    flagged: Object.values(categories).some(Boolean),
    categories,
    category_scores: scores,
    category_applied_input_types: types,
  };
}

function idOf(seed: number, model: string, texts: readonly string[]): string {
  const { high, low } = digestOf([model, ...texts]);
  const random = createRandom(seed, 'moderation', high, low);
  return `modr-${Array.from({ length: 8 }, () =>
    random
      .int(16 ** 4)
      .toString(16)
      .padStart(4, '0'),
  ).join('')}`;
}
