/**
 * Whether requests were as long as planned, by what the server counted: latencies of other lengths are those of another
 * workload. `docs/validity.md` explains every rule to users.
 */
import { formatCount, formatFigure, formatShare } from './format.js';
import type { TargetOutcome } from './outcome.js';
import type { PlanSummary } from './plan-summary.js';

/** Where each rule begins to bite; all of them degrade. */
export const TOKEN_LIMITS = {
  /** Prompt tokens in usage against the planned ones: this share, and what a template adds to each request. */
  inputShare: 0.25,
  inputTemplateTokens: 50,
  /** Answers of another length than planned, of those with usage. */
  offLengthShare: 0.05,
  /** Answers without any text, of those of endpoints that generate it. */
  emptyShare: 0.01,
  /** Median difference between usage and the tokenizer that was asked for, percent. */
  mismatchPercent: 10,
} as const;

/** Reasons why the requests of a target were not those of the plan; none where nothing says so. */
export const judgeTokens = (target: TargetOutcome, plan: PlanSummary): string[] => [
  ...judgeEmpty(target),
  ...judgeInput(target, plan),
  ...judgeOutput(target, plan),
  ...judgeMismatch(target),
];

/** Servers that have lost their engine answer like that, and fast. */
function judgeEmpty({ counters: { completed, empty = 0 } }: TargetOutcome): string[] {
  if (empty <= TOKEN_LIMITS.emptyShare * completed || empty === completed) return [];
  return [
    `${formatCount(empty)} of ${formatCount(completed)} answers (${formatShare(empty / completed)}) had no text, although they ended in good order: they are in no TTFT and make latencies look short. Look at the server's log.`,
  ];
}

/** Nobody knows how many tokens a server makes of images and sound. */
const hasMedia = ({ workload }: PlanSummary): boolean =>
  workload.kind === 'dataset' || ('media' in workload && workload.media !== undefined);

function judgeInput({ counters }: TargetOutcome, plan: PlanSummary): string[] {
  const { plannedInputTokens: planned = 0, reportedInputTokens: reported = 0 } = counters;
  const requests = counters.completed - counters.withoutUsage;
  if (hasMedia(plan) || planned === 0 || requests <= 0) return [];
  const { inputShare, inputTemplateTokens } = TOKEN_LIMITS;
  const difference = Math.abs(reported - planned);
  if (difference <= inputShare * planned + inputTemplateTokens * requests) return [];
  return [
    `The server counted ${formatFigure(reported / requests)} prompt tokens per request where ${formatFigure(planned / requests)} were planned: its tokenizer or template is another one, and the prompts were not as long as the plan says. Scale --input-tokens accordingly.`,
  ];
}

function judgeOutput({ counters }: TargetOutcome, { ignoreEos }: PlanSummary): string[] {
  const { offLength = 0, completed, withoutUsage } = counters;
  const told = completed - withoutUsage;
  const share = offLength / told;
  if (told <= 0 || !(share > TOKEN_LIMITS.offLengthShare)) return [];
  const what = ignoreEos
    ? 'did not have the planned length, although min_tokens and ignore_eos ask for it: the server does not know them'
    : 'were longer than max_tokens allows: the server does not keep to it';
  return [
    `${formatCount(offLength)} of ${formatCount(told)} answers (${formatShare(share)}) ${what}. Output lengths are not those of the plan.`,
  ];
}

function judgeMismatch({ distributions }: TargetOutcome): string[] {
  const percent = distributions.token_mismatch?.statistic('p50') ?? 0;
  if (percent <= TOKEN_LIMITS.mismatchPercent) return [];
  return [
    `The output tokens in usage and those of the tokenizer differ by ${formatFigure(percent)}% at the median: the tokenizer is not the model's, or the server does not count what it sends. Name the model's own with --tokenizer.`,
  ];
}
