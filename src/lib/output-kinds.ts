/** The one table of `--output` kinds: the setting's help, the refusal of unknown kinds and the writers follow it. */
export const OUTPUT_KINDS = {
  json: 'the run file, from which all others can be made later',
  csv: 'one row per target and metric',
  html: 'a report in one file that needs no network',
  junit: 'a JUnit test case per gate, and one for the verdict',
  github: 'Markdown, as in a GitHub step summary',
  aiperf:
    "AIPerf's profile_export_aiperf.json; with several targets one file each, NAME before the extension",
  guidellm: "GuideLLM's benchmarks.json, one benchmark per target",
  requests:
    'one line of JSON per request, with all its instants, written while the run goes on; a trace for replay and simulate',
} as const;

/** The kind that a run writes as it goes on; all others are made of the run file. */
export type LiveOutputKind = 'requests';

export type OutputKind = keyof typeof OUTPUT_KINDS;

/** The kinds of `fakeai simulate`. */
export const SIMULATION_OUTPUT_KINDS = {
  ...OUTPUT_KINDS,
  costs: 'what the analytic cost model takes a layer and an all-reduce to last, as a file for --cost-table',
} as const;

export type SimulationOutputKind = keyof typeof SIMULATION_OUTPUT_KINDS;

/** The kinds that `report compare` writes. */
export const COMPARISON_OUTPUT_KINDS = {
  json: 'figures, intervals and rules',
  html: 'a report in one file that needs no network',
  junit: 'a JUnit test case per rule',
  github: 'Markdown, as in a GitHub step summary',
} as const;

export type ComparisonOutputKind = keyof typeof COMPARISON_OUTPUT_KINDS;
