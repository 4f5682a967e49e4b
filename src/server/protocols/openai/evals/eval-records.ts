/** Evals, their runs and what came of each item: as they are kept, and as the API shows them. */
import { hash32 } from '../../../../lib/random.js';
import type { Collection, Transaction } from '../../../store/store.js';
import type { Criterion } from './criteria.js';
import type { Problem, Usage } from '../graders/ask-model.js';
import type { DataSource, Row } from './data-source.js';

/** An eval as it is kept. Instants are in seconds since 1970. */
export interface EvalRecord {
  id: string;
  name: string;
  createdS: number;
  /** When it was changed last, in milliseconds since 1970. */
  updatedMs?: number;
  metadata: Record<string, string> | null;
  dataSourceConfig: Record<string, unknown>;
  /** Of `custom` ones: what each item must be like. */
  itemSchema: Record<string, unknown> | null;
  /** Of `custom` ones: whether each item has a sample, whoever makes it. */
  hasSample?: boolean;
  criteria: Criterion[];
}

export type RunStatus = 'queued' | 'in_progress' | 'completed' | 'canceled' | 'failed';

/** A run as it is kept, but for its data source: that is large, and a run is written again with every item. */
export interface RunRecord {
  id: string;
  evalId: string;
  name: string;
  createdS: number;
  metadata: Record<string, string> | null;
  status: RunStatus;
  /** Empty when no model is asked. */
  model: string;
  /** As the eval had them when the run was created. */
  criteria: Criterion[];
  counts: { total: number; errored: number; failed: number; passed: number };
  /** By the place of the criterion. */
  perCriterion: { passed: number; failed: number }[];
  /** What the models used that were asked, those of graders among them. */
  models: { model: string; invocations: number; usage: Usage }[];
  error: Problem | null;
}

/** What came of one item. */
export interface ItemRecord {
  id: string;
  runId: string;
  evalId: string;
  createdS: number;
  status: 'pass' | 'fail' | 'error';
  /** Place in the data source, from 0. */
  index: number;
  item: Record<string, unknown>;
  results: {
    name: string;
    type: string;
    score: number;
    passed: boolean;
    /** What a model said that graded. */
    sample: object | null;
  }[];
  sample: Record<string, unknown>;
}

/** The group of {@link RUNS} by `state` of those that are not over. */
export const OPEN = 'open';

export const isOpen = ({ status }: RunRecord): boolean => status === 'queued' || status === 'in_progress';

export const EVALS: Collection<EvalRecord> = { name: 'evals', maxCount: 10_000, atBound: 'refuse' };

export const RUNS: Collection<RunRecord> = {
  name: 'eval_runs',
  indexes: { eval: ({ evalId }) => evalId, state: (run) => (isOpen(run) ? OPEN : undefined) },
  maxCount: 10_000,
  atBound: 'refuse',
};

/** Where the items of a run are. */
export interface SourceRecord {
  source: DataSource;
  /** Of what was stored when the run was created. */
  rows?: Row[];
  /** What each item must be like. */
  schema?: Record<string, unknown>;
  /** Each item must have a sample, if no model is asked. */
  hasSample?: boolean;
  /** The content of the file with the items, until the run is over: its client may delete the file. */
  blobs?: string[];
}

/** By the id of the run. */
export const SOURCES: Collection<SourceRecord> = {
  name: 'eval_run_sources',
  maxCount: 10_000,
  atBound: 'refuse',
};

/** A run is over: it needs the content of its file no more. */
export async function releaseFile(transaction: Transaction, run: string): Promise<void> {
  const { blobs, ...kept } = (await transaction.get(SOURCES, run)) ?? {};
  if (blobs) transaction.put(SOURCES, run, kept as SourceRecord, { blobs: [] });
}

export const ITEMS: Collection<ItemRecord> = {
  name: 'eval_output_items',
  indexes: { run: ({ runId }) => runId },
  maxCount: 1_000_000,
  atBound: 'refuse',
};

/** The id of what comes of an item: always the same, so that it is there once whoever runs it. */
export const itemId = (seed: number, run: string, index: number): string =>
  `outputitem_${[0, 1, 2, 3].map((i) => hash32(seed, run, index, i).toString(16).padStart(8, '0')).join('')}`;

/** What the API says of an eval. */
export const evalBody = (one: EvalRecord) => ({
  object: 'eval',
  id: one.id,
  name: one.name,
  data_source_config: one.dataSourceConfig,
  testing_criteria: one.criteria,
  created_at: one.createdS,
  metadata: one.metadata,
});

/** What the API says of a run. */
export const runBody = (run: RunRecord, source: DataSource) => ({
  object: 'eval.run',
  id: run.id,
  eval_id: run.evalId,
  // There is no such page: names under `.invalid` lead nowhere.
  report_url: `https://fakeai.invalid/evals/${run.evalId}/runs/${run.id}`,
  status: run.status,
  model: run.model,
  name: run.name,
  created_at: run.createdS,
  result_counts: run.counts,
  per_model_usage: run.models.map(({ model, invocations, usage }) => ({
    model_name: model,
    invocation_count: invocations,
    ...usageBody(usage),
  })),
  per_testing_criteria_results: run.criteria.map(({ name }, i) => ({
    testing_criteria: name,
    ...run.perCriterion[i]!,
  })),
  // What was null when it was asked for is as if it had not been said.
  data_source: Object.fromEntries(Object.entries(source).filter(([, value]) => value !== null)),
  metadata: run.metadata,
  error: run.error,
});

export const usageBody = ({ promptTokens, completionTokens, cachedTokens }: Usage) => ({
  prompt_tokens: promptTokens,
  completion_tokens: completionTokens,
  cached_tokens: cachedTokens,
  total_tokens: promptTokens + completionTokens,
});

/** What the API says of what came of an item. */
export const itemBody = (one: ItemRecord) => ({
  object: 'eval.run.output_item',
  id: one.id,
  run_id: one.runId,
  eval_id: one.evalId,
  created_at: one.createdS,
  status: one.status,
  datasource_item_id: one.index,
  datasource_item: one.item,
  results: one.results,
  sample: one.sample,
});
