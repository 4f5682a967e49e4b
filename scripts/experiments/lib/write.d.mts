import type { Experiment } from '../experiments.mjs';

/** The page of an experiment, before Prettier, and its plot. */
export function renderExperiment(experiment: Experiment): { page: string; plot: string };
