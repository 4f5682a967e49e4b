/** The models that fakeai knows, or that a server lists. */
import { request } from 'undici';
import { modelsUrl } from '../engine/endpoints.js';
import { FakeaiError, messageOf } from '../lib/errors.js';
import { type Cell, type Column, type Line, tableLines } from '../results/lines.js';
import { readModelFiles } from '../server/models/read-model-files.js';
import type { ModelInfo } from '../simulator/models/model.js';
import { ModelRegistry } from '../simulator/models/registry.js';

/** Whose models, and which of them; the settings of `fakeai models` fit. */
export interface ListModelsOptions {
  url?: string | undefined;
  apiKey?: string | undefined;
  models: readonly string[];
  owner?: string | undefined;
  endpoint?: string | undefined;
  feature?: string | undefined;
  /** Part of the id or of an alias, in any case. */
  filter?: string | undefined;
}

/** A model in the list: what its server says of it, and what fakeai knows of a model with that id. */
export interface ListedModel {
  id: string;
  owner: string;
  createdS: number;
  /** Absent for models that only their server knows. */
  known?: ModelInfo;
}

const TIMEOUT_MS = 10_000;

/**
 * Lists models.
 *
 * @throws FakeaiError FAKEAI_MODELS_UNLISTED when the server cannot be asked; FAKEAI_MODELS_INVALID for a bad file
 */
export async function listModels(options: ListModelsOptions): Promise<ListedModel[]> {
  const registry = new ModelRegistry();
  for (const model of await readModelFiles(options.models)) registry.register(model);
  const listed =
    options.url === undefined
      ? registry.models.map((known) => ({ ...basicsOf(known), known }))
      : (await ask(options.url, options.apiKey)).map((model) => withKnown(model, registry.find(model.id)));
  return listed.filter((model) => matches(model, options));
}

const basicsOf = ({ id, owner, createdS }: ModelInfo): ListedModel => ({ id, owner, createdS });

const withKnown = (model: ListedModel, known: ModelInfo | undefined): ListedModel =>
  known ? { ...model, known } : model;

function matches({ id, owner, known }: ListedModel, options: ListModelsOptions): boolean {
  const { endpoint, feature, filter = '' } = options;
  const names = [id, ...(known?.aliases ?? [])];
  return (
    (options.owner === undefined || options.owner === owner) &&
    (endpoint === undefined || known?.endpoints.some((one) => one === endpoint) === true) &&
    (feature === undefined || known?.features.some((one) => one === feature) === true) &&
    names.some((name) => name.toLowerCase().includes(filter.toLowerCase()))
  );
}

async function ask(url: string, apiKey: string | undefined): Promise<ListedModel[]> {
  const { href } = modelsUrl(url);
  const unlisted = (problem: string): FakeaiError =>
    new FakeaiError('FAKEAI_MODELS_UNLISTED', { url: href, problem });
  let status: number;
  let answer: unknown;
  try {
    const response = await request(href, {
      headers: {
        accept: 'application/json',
        'user-agent': 'fakeai',
        ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
      },
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
    });
    status = response.statusCode;
    answer = await response.body.json();
  } catch (error) {
    throw unlisted(error instanceof AggregateError ? messageOf(error.errors[0]) : messageOf(error));
  }
  const { data } = (answer ?? {}) as { data?: unknown };
  if (status !== 200 || !Array.isArray(data)) throw unlisted(`the answer has status ${status} and no list`);
  return data.flatMap((entry: unknown): ListedModel[] => {
    const { id, owned_by: owner, created } = (entry ?? {}) as Record<string, unknown>;
    if (typeof id !== 'string') return [];
    return [
      {
        id,
        owner: typeof owner === 'string' ? owner : '',
        createdS: typeof created === 'number' ? created : 0,
      },
    ];
  });
}

const COLUMNS: readonly Column[] = [
  { head: 'MODEL', align: 'left' },
  { head: 'OWNER', align: 'left', dispensable: 5 },
  { head: 'CONTEXT', align: 'right' },
  { head: 'OUTPUT', align: 'right', dispensable: 3 },
  { head: '$/M IN', align: 'right', dispensable: 1 },
  { head: '$/M OUT', align: 'right', dispensable: 2 },
  { head: 'FOR', align: 'left', dispensable: 4 },
  { head: 'FEATURES', align: 'left', dispensable: 6 },
];

/** The list as a table of at most `width` columns; wider columns are left out. */
export const modelLines = (models: readonly ListedModel[], width: number): Line[] =>
  tableLines(COLUMNS, models.map(rowOf), width);

function rowOf({ id, owner, known }: ListedModel): Cell[] {
  const price = (usd: number | undefined): string => (usd === undefined ? '–' : String(usd));
  return [
    id,
    owner,
    known ? tokenText(known.contextTokens) : '–',
    known && known.outputTokens > 0 ? tokenText(known.outputTokens) : '–',
    price(known?.prices.inputUsdPerMillion),
    price(known?.prices.outputUsdPerMillion),
    known?.endpoints.join(' ') ?? '–',
    known?.features.join(' ') ?? '–',
  ].map((text) => ({ text }));
}

/** 131072 → 131k, 1048576 → 1.05M: as model pages write it. */
function tokenText(tokens: number): string {
  if (tokens >= 1e6) return `${Number((tokens / 1e6).toPrecision(3))}M`;
  return tokens >= 10_000 ? `${Math.round(tokens / 1000)}k` : String(tokens);
}
