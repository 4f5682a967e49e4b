/**
 * Draws the charts of the HTML report, in the browser that opens it. The page contains the text of this function, so it
 * uses nothing but its parameter and what it declares itself. Types of the browser are only what is needed of them.
 */
import type { Chart } from './chart.js';

interface Element {
  dataset: Record<string, string | undefined>;
  clientWidth: number;
  textContent: string | null;
  querySelector(selector: string): Element | null;
}

interface Plot {
  ctx: { fillStyle: string; fillRect(x: number, y: number, width: number, height: number): void };
  bbox: { left: number; top: number; width: number; height: number };
  valToPos(value: number, scale: string, onCanvas: boolean): number;
  setSize(size: { width: number; height: number }): void;
  destroy(): void;
}

interface PlotClass {
  new (options: object, data: readonly (readonly (number | null)[])[], element: Element): Plot;
  paths: { stepped(options: { align: 1 }): unknown; linear(): unknown };
}

/** The window of a browser. */
export interface Page {
  document: {
    documentElement: Element;
    getElementById(id: string): Element | null;
    querySelectorAll(selector: string): Iterable<Element>;
  };
  getComputedStyle(element: Element): { getPropertyValue(name: string): string };
  matchMedia(query: string): { addEventListener(type: 'change', listener: () => void): void };
  ResizeObserver: new (callback: () => void) => { observe(element: Element): void };
  uPlot: PlotClass;
}

/** Draws every chart of a page, again when its colours change, and wider or narrower as its window becomes. */
export function drawCharts(page: Page): void {
  const HEIGHT = 240;
  const COLORS = 8;
  const { document, uPlot } = page;
  const charts = JSON.parse(document.getElementById('charts')?.textContent ?? '[]') as Chart[];

  const figure = (value: number | null | undefined): string => {
    if (value === null || value === undefined) return '–';
    if (value === 0) return '0';
    const size = Math.abs(value);
    if (size >= 100) return Math.round(value).toLocaleString('en-US');
    return size < 0.001 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
  };
  const two = (value: number): string => String(value).padStart(2, '0');
  const moment = (seconds: number): string => {
    if (seconds < 120) return `${figure(seconds)} s`;
    const minutes = Math.floor(seconds / 60);
    const rest = two(Math.round(seconds % 60));
    return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${rest}`;
  };
  const written: Record<Chart['scale'], (x: number) => string> = {
    linear: figure,
    time: moment,
    nines: (nines) => `p${Number(((1 - 10 ** -nines) * 100).toPrecision(2 + Math.ceil(nines)))}`,
    log: (exponent) => figure(10 ** exponent),
  };
  const splits: Partial<Record<Chart['scale'], (min: number, max: number) => number[]>> = {
    nines: (min, max) =>
      [0.5, 0.9, 0.95, 0.99, 0.999, 0.9999, 0.99999, 0.999999]
        .map((share) => -Math.log10(1 - share))
        .filter((nines) => nines >= min - 0.01 && nines <= max + 0.01),
    log: (min, max) => {
      const decades = Array.from({ length: 14 }, (_, i) => i - 4);
      const all = decades.flatMap((decade) => [1, 2, 5].map((digit) => decade + Math.log10(digit)));
      const inside = all.filter((exponent) => exponent >= min && exponent <= max);
      const whole = inside.filter((exponent) => Number.isInteger(exponent));
      if (inside.length <= 9 && inside.length >= 2) return inside;
      return whole.length >= 2 ? whole : [min, (min + max) / 2, max];
    },
  };

  const draw = (chart: Chart, element: Element): Plot => {
    const style = page.getComputedStyle(document.documentElement);
    const color = (name: string): string => style.getPropertyValue(`--${name}`).trim();
    const write = written[chart.scale];
    const split = splits[chart.scale];
    const axis = { stroke: color('dim'), grid: { stroke: color('line'), width: 1 }, ticks: { show: false } };
    const series = chart.series.map(({ name, color: index, dashed }) => {
      const stroke = color(`s${index % COLORS}`);
      return {
        label: name,
        stroke,
        width: 2,
        ...(dashed && { dash: [6, 4] }),
        ...(chart.shape === 'steps' && { paths: uPlot.paths.stepped({ align: 1 }), fill: `${stroke}38` }),
        points: chart.points ? { show: true, size: 7 } : { show: false },
        spanGaps: chart.shape === 'line',
        value: (_: Plot, value: number | null) => `${figure(value)}${value === null ? '' : ` ${chart.unit}`}`,
      };
    });
    const options = {
      width: Math.max(200, element.clientWidth),
      height: HEIGHT,
      cursor: {
        points: { size: 6 },
        ...(chart.scale === 'time' && { sync: { key: 'time', scales: ['x', null] } }),
      },
      scales: {
        x: {
          time: false,
          range: (_: Plot, min: number, max: number) => {
            const from = chart.scale === 'time' ? Math.min(0, min) : min;
            return from === max ? [from - 0.5, max + 0.5] : [from, max];
          },
        },
        y: { range: (_: Plot, __: number, max: number) => [0, max > 0 ? max * 1.08 : 1] },
      },
      axes: [
        {
          ...axis,
          values: (_: Plot, at: number[]) => at.map(write),
          ...(split && { splits: (_: Plot, __: number, min: number, max: number) => split(min, max) }),
        },
        {
          ...axis,
          size: (_: Plot, labels: string[] | null) =>
            20 + 7 * Math.max(2, ...(labels ?? []).map((label) => label.length)),
          values: (_: Plot, at: number[]) => at.map((value) => figure(value)),
        },
      ],
      series: [
        { label: chart.xLabel, value: (_: Plot, x: number | null) => (x === null ? '–' : write(x)) },
        ...series,
      ],
      hooks: {
        drawClear: [
          (plot: Plot) => {
            if (chart.shadedTo === undefined) return;
            const { left, top, width, height } = plot.bbox;
            const to = Math.min(left + width, plot.valToPos(chart.shadedTo, 'x', true));
            plot.ctx.fillStyle = color('shade');
            if (to > left) plot.ctx.fillRect(left, top, to - left, height);
          },
        ],
      },
    };
    return new uPlot(options, [chart.xs, ...chart.series.map(({ values }) => values)], element);
  };

  const places = [...document.querySelectorAll('[data-chart]')].map((element) => ({
    element,
    chart: charts[Number(element.dataset['chart'])]!,
  }));
  let plots: Plot[] = [];
  const drawAll = (): void => {
    for (const plot of plots) plot.destroy();
    plots = places.map(({ chart, element }) => draw(chart, element));
  };
  drawAll();
  page.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);
  for (const [i, { element }] of places.entries()) {
    new page.ResizeObserver(() => {
      plots[i]!.setSize({ width: Math.max(200, element.clientWidth), height: HEIGHT });
    }).observe(element);
  }
}
