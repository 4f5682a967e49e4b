/** Calls of tools that the server runs itself: what comes of them is found out before anything is said. */
import * as z from 'zod';
import type { Digest } from '../../../../lib/digest.js';
import { createRandom } from '../../../../lib/random.js';
import { prose } from '../../../../lib/text/prose.js';
import type { HostedCall } from '../../../../simulator/content/compose.js';
import { programFor } from '../../../../simulator/python/program.js';
import type { ServerContext } from '../../../context.js';
import { mediaWork } from '../../../media/media-pool.js';
import { ServedModels } from '../../../models/served-models.js';
import { foundPage } from '../../../text/citations.js';
import { ApiError, missing } from '../errors.js';
import { readImageRequest } from '../images/request.js';
import { IMAGE_STEPS } from '../images/sizes.js';
import type { RawTool } from './client-tools.js';
import {
  codeInterpreter,
  fileSearch,
  type FoundPassage,
  imageGeneration,
  mcpCall,
  webSearch,
} from './hosted-views.js';
import type { ItemView } from './item-view.js';
import type { Item } from './items.js';
import type { McpCall } from './mcp.js';

/** A call that is to be made. */
export interface HostedAsk {
  /** The tool, and where it is in the request. */
  tool: RawTool;
  at: string;
  kind: 'web_search' | 'file_search' | 'code_interpreter' | 'image_generation' | 'mcp';
  /** The user's words. */
  query: string;
  mcp?: McpCall;
}

/** A call whose outcome is known. */
export interface HostedPlan {
  call: HostedCall;
  view: () => ItemView;
  /** How long it works, in tokens. */
  steps: number;
}

/** What plans are made with. */
export interface PlanContext {
  context: ServerContext;
  digest: Digest;
  include: ReadonlySet<string>;
  /** The conversation so far. */
  items: readonly Item[];
}

/** Most vector stores of one search, as at OpenAI. */
const MAX_STORES = 2;
const DEFAULT_RESULTS = 20;

/**
 * Makes the calls.
 *
 * @throws ApiError for a tool that is not what it must be
 */
export async function planHosted(plans: PlanContext, asks: readonly HostedAsk[]): Promise<HostedPlan[]> {
  const made: HostedPlan[] = [];
  for (const ask of asks) made.push(await planOf(plans, ask));
  return made;
}

async function planOf(plans: PlanContext, ask: HostedAsk): Promise<HostedPlan> {
  const { kind, query } = ask;
  const { context, digest, include } = plans;
  const planned = (text: string, view: () => ItemView, steps = 0): HostedPlan => ({
    call: { name: kind, text },
    view,
    steps,
  });
  switch (kind) {
    case 'web_search': {
      const url = foundPage(context.seed, digest);
      return planned(query, () => webSearch(url, include.has('web_search_call.action.sources')));
    }
    case 'file_search': {
      const found = await searchFiles(context, ask);
      return planned(query, () => fileSearch(found, include.has('file_search_call.results')));
    }
    case 'code_interpreter': {
      const container = await containerOf(plans, ask);
      const { code, logs } = programFor(query, []);
      const shows = include.has('code_interpreter_call.outputs');
      return planned(code, () => codeInterpreter(container, logs, shows));
    }
    case 'image_generation':
      return planned(query, ...(await drawn(plans, ask)));
    case 'mcp': {
      const { label, name, arguments: text, approvalId } = ask.mcp!;
      const output = prose(createRandom(context.seed, 'mcp', digest.high, digest.low), 24);
      return planned(text, () => mcpCall({ label, name, output, approvalId }));
    }
  }
}

/**
 * Asks the server itself for what it serves.
 *
 * @param at - where in the request it is that leads there, for errors
 */
async function ask(context: ServerContext, path: string, body: object, at: string): Promise<unknown> {
  const bytes = Buffer.from(JSON.stringify(body), 'utf8');
  const answer = await context.dispatch({ method: 'POST', path, body: bytes });
  const value: unknown = JSON.parse(answer.body.toString('utf8'));
  if (answer.status < 400) return value;
  const { error } = value as { error: { message: string; code: string | null } };
  throw new ApiError({ status: answer.status, message: error.message, code: error.code, param: at });
}

async function searchFiles(context: ServerContext, { tool, at, query }: HostedAsk): Promise<FoundPassage[]> {
  const ids = tool.vector_store_ids;
  if (!Array.isArray(ids) || ids.length === 0) throw missing(`${at}.vector_store_ids`);
  const most = typeof tool.max_num_results === 'number' ? tool.max_num_results : DEFAULT_RESULTS;
  const body = {
    query,
    max_num_results: most,
    ...(tool.filters != null && { filters: tool.filters }),
    ...(tool.ranking_options != null && { ranking_options: tool.ranking_options }),
  };
  const found: FoundPassage[] = [];
  for (const [i, id] of ids.slice(0, MAX_STORES).entries()) {
    const path = `/vector_stores/${encodeURIComponent(String(id))}/search`;
    const page = (await ask(context, path, body, `${at}.vector_store_ids[${i}]`)) as {
      data: (Omit<FoundPassage, 'text'> & { content: { text: string }[] })[];
    };
    for (const { content, ...one } of page.data)
      found.push({ ...one, text: content.map(({ text }) => text).join('') });
  }
  return found.sort((a, b) => b.score - a.score).slice(0, most);
}

const container = z.union([
  z.string().min(1),
  z.looseObject({ type: z.literal('auto'), file_ids: z.array(z.string()).max(50).nullish() }),
]);

/** The container that code runs in, as far as the client sees one. */
async function containerOf({ context, items }: PlanContext, { tool, at }: HostedAsk): Promise<string> {
  const read = container.safeParse(tool.container);
  if (!read.success) throw missing(`${at}.container`);
  if (typeof read.data === 'string') return read.data;
  const earlier = items.findLast(({ type }) => type === 'code_interpreter_call')?.container_id;
  if (typeof earlier === 'string') return earlier;
  const { file_ids: fileIds, memory_limit: memory } = read.data;
  const body = {
    name: 'Code interpreter',
    ...(fileIds && { file_ids: fileIds }),
    ...(memory != null && { memory_limit: memory }),
  };
  const made = (await ask(context, '/containers', body, `${at}.container`)) as { id: string };
  return made.id;
}

/** Of the tool what the image endpoint takes too. */
const IMAGE_FIELDS = [
  'size',
  'quality',
  'output_format',
  'output_compression',
  'background',
  'moderation',
  'input_fidelity',
  'partial_images',
];

async function drawn(
  { context, digest }: PlanContext,
  { tool, at, query }: HostedAsk,
): Promise<[view: () => ItemView, steps: number]> {
  const fields = Object.fromEntries(
    IMAGE_FIELDS.flatMap((name) => (tool[name] == null ? [] : [[name, tool[name]]])),
  );
  const request = imageRequest(
    { ...fields, model: tool.model ?? DEFAULT_IMAGE_MODEL, prompt: query, stream: true },
    at,
  );
  const { size, quality, format, background, partialImages } = request;
  const transparent = background === 'transparent';
  const picture = (progress: number): Promise<Uint8Array> =>
    mediaWork<'image'>({
      kind: 'image',
      drawing: {
        seed: context.seed,
        prompt: query,
        index: digest.low,
        ...size,
        vivid: true,
        transparent,
        progress,
      },
      format,
      quality: request.compression,
    });
  const count = partialImages + 1;
  const bytes = await Promise.all(Array.from({ length: count }, (_, i) => picture((i + 1) / count)));
  const parts = bytes.map((one) => Buffer.from(one).toString('base64'));
  const description = {
    size: `${size.width}x${size.height}`,
    quality,
    background: transparent ? 'transparent' : 'opaque',
    output_format: format,
  };
  const steps = IMAGE_STEPS[quality] ?? 30;
  return [() => imageGeneration({ parts, description, steps }), steps];
}

const DEFAULT_IMAGE_MODEL = 'gpt-image-1';
let known: ServedModels | undefined;

/** The tool has models of its own, whatever else the server serves. */
const imageModels = (): ServedModels =>
  (known ??= new ServedModels({ model: [], custom: [], unknown: 'refuse' }));

/** Errors name the tool's own parameter. */
function imageRequest(fields: object, at: string) {
  try {
    return readImageRequest(fields, imageModels(), 'edit');
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { status, message, code, param } = error;
    throw new ApiError({ status, message, code, param: `${at}.${param ?? ''}` });
  }
}
