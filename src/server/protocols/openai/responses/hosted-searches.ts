/** Searches of vector stores, which really find something, and of the web, which find what is made up. */
import { createRandom, type Random } from '../../../../lib/random.js';
import { prose } from '../../../../lib/text/prose.js';
import { sentenceEnd } from '../../../text/citations.js';
import { bestSentence } from '../../../text/quote.js';
import { missing } from '../errors.js';
import { TELLING_SCORE } from '../tool-words.js';
import type { HostedAsk, HostedPlan, PlanContext } from './hosted-plans.js';
import {
  fileSearch,
  type FoundPassage,
  linkTo,
  type WebAction,
  type WebPage,
  webSearch,
} from './hosted-views.js';
import { askServer } from './own-request.js';

/** Most vector stores of one search, as at OpenAI. */
const MAX_STORES = 2;
const DEFAULT_RESULTS = 20;

/**
 * @returns undefined for a search that is made only if it tells something, and would not
 * @throws ApiError for a vector store that is not there, or a filter that is none
 */
export async function planFileSearch(plans: PlanContext, ask: HostedAsk): Promise<HostedPlan | undefined> {
  const found = await searchFiles(plans, ask);
  if (ask.ifTelling && !(found[0] && found[0].score >= TELLING_SCORE)) return undefined;
  const quote = quoteOf(found, ask.words);
  return {
    call: { name: ask.kind, text: ask.query },
    view: () => fileSearch(found, plans.include.has('file_search_call.results'), quote),
    steps: 0,
    read: found.map(({ filename, text }) => `${filename}\n${text}`).join('\n\n'),
    ...(quote !== undefined && { lead: quote }),
  };
}

function quoteOf(found: readonly FoundPassage[], words: string): string | undefined {
  const best = found[0] && bestSentence(found[0].text, words);
  return best && `According to ${found[0]!.filename}: "${best.text}"`;
}

async function searchFiles(
  { context }: PlanContext,
  { tool, at, query }: HostedAsk,
): Promise<FoundPassage[]> {
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
    const page = (await askServer(context, path, body, `${at}.vector_store_ids[${i}]`)) as {
      data: (Omit<FoundPassage, 'text'> & { content: { text: string }[] })[];
    };
    for (const { content, ...one } of page.data)
      found.push({ ...one, text: content.map(({ text }) => text).join('') });
  }
  return found.sort((a, b) => b.score - a.score).slice(0, most);
}

/** How many pages a search finds, and how much of each is read, in tokens. */
const CONTEXT_SIZES: Readonly<Record<string, { pages: number; tokens: number }>> = {
  low: { pages: 2, tokens: 64 },
  medium: { pages: 4, tokens: 128 },
  high: { pages: 8, tokens: 256 },
};
/** Pages that the answer refers to. */
const CITED = 2;

const URL_IN_WORDS = /\bhttps?:\/\/[^\s"'<>)\]]{1,500}/;
const PATTERN_IN_WORDS = /\bfind\s+(?:["'“]([^"'”]{1,100})["'”]|(\w{1,50}))\s+(?:on|in)\b/i;

/** Searches, or opens the page that the user named; what is to be found on a page is looked for there. */
export function planWebSearch({ context, digest, include }: PlanContext, ask: HostedAsk): HostedPlan {
  const random = createRandom(context.seed, 'page', digest.high, digest.low);
  const { pages, tokens } = CONTEXT_SIZES[String(ask.tool.search_context_size)] ?? CONTEXT_SIZES.medium!;
  const named = URL_IN_WORDS.exec(ask.words)?.[0].replace(/[.,;:!?]+$/, '');
  const found =
    named === undefined
      ? Array.from({ length: pages }, () => pageFrom(random, domainsOf(ask)))
      : [{ ...pageFrom(random, []), url: named }];
  const cited = found.slice(0, CITED);
  const sources = found.map(({ url }) => ({ type: 'url', url }));
  const shows = include.has('web_search_call.action.sources');
  const actions = actionsFor(ask, found, named, shows ? { sources } : {});
  return {
    call: { name: ask.kind, text: ask.query },
    view: () => webSearch(actions, cited, shows ? undefined : sources),
    // A search is over when it is asked for; whatever else there is takes a moment each.
    steps: actions.length > 1 || named !== undefined ? actions.length : 0,
    read: found.map(({ url, title }) => `${url}\n${title}\n${prose(random, tokens)}`).join('\n\n'),
    lead: cited.map((page) => `${page.sentence} ${linkTo(page)}`).join(' '),
  };
}

function domainsOf({ tool }: HostedAsk): string[] {
  const { allowed_domains: allowed } = (tool.filters ?? {}) as { allowed_domains?: unknown };
  return Array.isArray(allowed) ? allowed.filter((one) => typeof one === 'string' && one !== '') : [];
}

function pageFrom(random: Random, domains: readonly string[]): WebPage {
  const host =
    domains.length > 0
      ? domains[random.int(domains.length)]!
      : `${random.int(2 ** 31).toString(36)}.example.com`;
  const title = prose(random, 5);
  const text = prose(random, 24);
  const slug = title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  return { url: `https://${host}/${slug}`, title, sentence: text.slice(0, sentenceEnd(text)) };
}

function actionsFor(
  { query, tool, words }: HostedAsk,
  pages: readonly WebPage[],
  named: string | undefined,
  sources: { sources?: object[] },
): WebAction[] {
  const first = named ?? pages[0]!.url;
  const actions: WebAction[] =
    named === undefined
      ? [{ type: 'search', query, queries: [query], ...sources }]
      : [{ type: 'open_page', url: first }];
  const [, quoted, word] = PATTERN_IN_WORDS.exec(words) ?? [];
  const pattern = quoted ?? word;
  const opens = named === undefined && (tool.search_context_size === 'high' || pattern !== undefined);
  if (opens) actions.push({ type: 'open_page', url: first });
  if (pattern !== undefined && (opens || named !== undefined))
    actions.push({ type: 'find_in_page', url: first, pattern });
  return actions;
}
