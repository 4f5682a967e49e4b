/** Writes an experiment down: a page with its table, and its plot. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { lineChart } from './line-chart.mjs';

const FOLDER = fileURLToPath(new URL('../../../docs/experiments/', import.meta.url));

const cell = (value) =>
  typeof value !== 'number'
    ? String(value)
    : Number.isInteger(value)
      ? String(value)
      : Number.isFinite(value)
        ? String(Number(value.toPrecision(3)))
        : '–';

/** The page as Markdown. */
function page({ name, title, question, setup, columns, reading }, rows) {
  const keys = Object.keys(columns);
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const table = [
    line(keys.map((key) => columns[key])),
    line(keys.map(() => '---:')),
    ...rows.map((row) => line(keys.map((key) => cell(row[key])))),
  ];
  return `# ${title}

${question}

${setup}

![${title}](${name}.svg)

${table.join('\n')}

${reading}

Virtual time, the same at every run: \`node scripts/experiments/run.mjs ${name}\`.
`;
}

/** Writes the list of all pages. */
export function writeIndex(experiments) {
  const items = experiments.map(({ name, title, question }) => `- [${title}](${name}.md): ${question}`);
  const text = `# Experiments

What the simulated engine does, shown rather than claimed. Each page has one question, its figures, its plot and the command
that makes them again; tests hold the shape of each. The figures are the engine's, not measurements of GPUs: how near the
two are is in [the cost model](../simulator/cost-model.md).

${items.join('\n')}

\`node scripts/experiments/run.mjs\` writes all of them anew.
`;
  writeFileSync(`${FOLDER}README.md`, text);
}

/** Runs an experiment: its page (not yet as Prettier wants it) and its plot. */
export function renderExperiment(experiment) {
  const rows = experiment.run();
  return {
    page: page(experiment, rows),
    plot: lineChart({ title: experiment.title, ...experiment.chart(rows) }),
  };
}

/** Runs an experiment and writes its page and its plot. */
export function writeExperiment(experiment) {
  const { page, plot } = renderExperiment(experiment);
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(`${FOLDER}${experiment.name}.svg`, plot);
  writeFileSync(`${FOLDER}${experiment.name}.md`, page);
}
