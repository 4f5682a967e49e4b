/** Opens an HTML report without a browser: its scripts run, and a stand-in for the chart library hears what is drawn. */
import { createHash } from 'node:crypto';
import { createContext, runInContext } from 'node:vm';

export interface DrawnChart {
  title: string;
  options: {
    series: { label: string; stroke?: string; dash?: number[] }[];
    axes: { values(plot: unknown, at: number[]): string[]; splits?(...args: unknown[]): number[] }[];
    scales: Record<'x' | 'y', { range(plot: unknown, min: number, max: number): number[] }>;
  };
  data: (number | null)[][];
}

const SCRIPT = /<script>([^]*?)<\/script>/g;

const decoded = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&#39;', "'").replaceAll('&amp;', '&');

/** The texts of a page's scripts; an error if its policy does not let a browser run them, or loads anything. */
export function scriptsOf(html: string): string[] {
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)![1]!;
  if (!policy.startsWith("default-src 'none'")) throw new Error('something may be loaded');
  const scripts = [...html.matchAll(SCRIPT)].map(([, text]) => text!);
  for (const script of scripts) {
    const hash = createHash('sha256').update(script).digest('base64');
    if (!policy.includes(`'sha256-${hash}'`)) throw new Error('a script is not allowed to run');
  }
  return scripts;
}

/** Runs the script that draws, and returns what it drew. */
export function drawnCharts(html: string): DrawnChart[] {
  const titles = [...html.matchAll(/<figcaption>([^<]*)<\/figcaption><div data-chart="(\d+)">/g)];
  const places = titles.map(([, title, chart]) => ({
    title: decoded(title!),
    clientWidth: 500,
    dataset: { chart },
  }));
  const data = /<script type="application\/json" id="charts">([^<]*)<\/script>/.exec(html)?.[1] ?? '[]';
  const drawn: DrawnChart[] = [];
  class Plot {
    static readonly paths = { stepped: () => 'stepped' };
    constructor(options: DrawnChart['options'], values: DrawnChart['data'], place: { title: string }) {
      drawn.push({ title: place.title, options, data: values });
    }
  }
  const window = {
    uPlot: Plot,
    document: {
      documentElement: {},
      getElementById: () => ({ textContent: data }),
      querySelectorAll: () => places,
    },
    getComputedStyle: () => ({ getPropertyValue: (name: string) => ` color-of${name}` }),
    matchMedia: () => ({ addEventListener: () => {} }),
    ResizeObserver: class {
      observe(): void {}
    },
  };
  const script = scriptsOf(html).at(-1);
  if (script !== undefined) runInContext(script, createContext({ window }));
  return drawn;
}
