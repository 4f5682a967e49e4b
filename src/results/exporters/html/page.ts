/**
 * The shell of an HTML report: one file that loads nothing, so that it opens anywhere and forever. Charts are drawn by
 * uPlot, whose text is part of the page; a policy allows exactly these scripts, by their hashes, and nothing else.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { escapeMarkup } from '../markup.js';
import type { Chart } from './chart.js';
import { drawCharts } from './draw-charts.js';
import { HTML_STYLE } from './style.js';

const { resolve } = createRequire(import.meta.url);
const fileOf = (name: string): string => readFileSync(resolve(`uplot/dist/${name}`), 'utf8').trim();

/** Collects the charts of a page. */
export class PageCharts {
  readonly #charts: Chart[] = [];

  /** Places for charts, side by side; nothing without charts. */
  group(charts: readonly Chart[]): string {
    const figures = charts.map((chart) => {
      const index = this.#charts.push(chart) - 1;
      const unit = chart.unit === '' ? '' : `, ${chart.unit}`;
      return `<figure><figcaption>${escapeMarkup(chart.title + unit)}</figcaption><div data-chart="${index}"></div></figure>`;
    });
    return figures.length === 0 ? '' : `<div class="charts">${figures.join('')}</div>`;
  }

  /** Their data, in a form that no browser takes for a script or its end. */
  get json(): string {
    return JSON.stringify(this.#charts).replaceAll('<', String.raw`\u003c`);
  }

  get any(): boolean {
    return this.#charts.length > 0;
  }
}

/** A whole page. */
export function htmlPage(title: string, sections: readonly string[], charts: PageCharts): string {
  const scripts = charts.any
    ? [`${fileOf('uPlot.iife.min.js')}\nwindow.uPlot = uPlot;`, `(${drawCharts.toString()})(window);`]
    : [];
  const hashes = scripts.map((script) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`);
  const policy = [
    "default-src 'none'",
    "style-src 'unsafe-inline'",
    ...(hashes.length > 0 ? [`script-src ${hashes.join(' ')}`] : []),
  ];
  const style = charts.any ? `${fileOf('uPlot.min.css')}\n${HTML_STYLE}` : HTML_STYLE;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy.join('; ')}">
<title>${escapeMarkup(title)}</title>
<style>${style}</style>
</head>
<body>
${sections.filter((section) => section !== '').join('\n')}
${charts.any ? chartParts(scripts, charts) : ''}</body>
</html>
`;
}

const chartParts = (scripts: readonly string[], charts: PageCharts): string =>
  `<noscript><p class="warn">Charts need JavaScript; all figures are in the tables.</p></noscript>
<script type="application/json" id="charts">${charts.json}</script>
<!-- Charts: uPlot, https://github.com/leeoniya/uPlot, Copyright (c) 2022 Leon Sorokin, MIT License -->
${scripts.map((script) => `<script>${script}</script>`).join('\n')}
`;

export type HtmlCell = string | { html: string };

/** @param texts - how many of the first columns hold text, which starts at the left */
export function htmlTable(
  heads: readonly string[],
  rows: readonly (readonly HtmlCell[])[],
  texts = 1,
): string {
  if (rows.length === 0) return '';
  const side = (i: number): string => (i < texts ? ' class="left"' : '');
  const head = heads.map((text, i) => `<th${side(i)}>${escapeMarkup(text)}</th>`).join('');
  const body = rows.map((row) => {
    const cells = row.map((c, i) => `<td${side(i)}>${typeof c === 'string' ? escapeMarkup(c) : c.html}</td>`);
    return `<tr>${cells.join('')}</tr>`;
  });
  return `<div class="scroll"><table><tr>${head}</tr>${body.join('')}</table></div>`;
}

/** A heading and what is below it; nothing where that is empty. */
export const htmlSection = (title: string, content: string): string =>
  content === '' ? '' : `<section><h2>${escapeMarkup(title)}</h2>${content}</section>`;

/** Names and what they stand for. */
export const htmlFields = (fields: readonly (readonly [name: string, text: string])[]): string =>
  `<dl>${fields.map(([name, text]) => `<dt>${escapeMarkup(name)}</dt><dd>${escapeMarkup(text)}</dd>`).join('')}</dl>`;
