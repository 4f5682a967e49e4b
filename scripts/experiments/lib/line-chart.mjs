/** Line charts as SVG files: no scripts, no fonts of their own, readable on light and dark pages. */

const WIDTH = 640;
const PANEL = 210;
const LEFT = 70;
const RIGHT = 150;
const TOP = 26;
const BOTTOM = 40;
const COLOURS = ['#2f6fde', '#d9534f', '#3c9a5f', '#b8860b', '#7b5ea7'];

const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const fixed = (value) => value.toFixed(1);

const label = (value) =>
  Math.abs(value) >= 10_000
    ? `${Number((value / 1000).toPrecision(3))}k`
    : String(Number.isInteger(value) ? value : Number(value.toPrecision(3)));

function linearScale(low, high) {
  const rough = (high - low || 1) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough);
  const from = Math.floor(low / step) * step;
  const ticks = [];
  for (let tick = from; tick < high + step * 0.999; tick += step) ticks.push(Number(tick.toPrecision(6)));
  return { ticks, at: (value) => (value - ticks[0]) / (ticks.at(-1) - ticks[0]) };
}

function logScale(low, high, wanted) {
  const exact = wanted ?? [];
  const ticks = exact.length > 0 ? exact : [];
  if (ticks.length === 0) {
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++)
      ticks.push(10 ** power);
  }
  const [from, to] = [Math.log(ticks[0]), Math.log(ticks.at(-1))];
  return { ticks, at: (value) => (Math.log(value) - from) / (to - from) };
}

const scaleOf = (values, kind, ticks) => {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return kind === 'log' ? logScale(low, high, ticks) : linearScale(Math.min(0, low), high);
};

/**
 * Panels above each other with a common x axis.
 *
 * @param chart - `title`, `x` (`label`, `values`, `scale`), `panels` (`label`, `scale`, `series` of `name` and `values`)
 */
export function lineChart({ title, x, panels }) {
  const height = TOP + panels.length * PANEL + BOTTOM;
  const plotWidth = WIDTH - LEFT - RIGHT;
  const across = scaleOf(x.values, x.scale, x.scale === 'log' ? x.values : undefined);
  const left = (value) => LEFT + across.at(value) * plotWidth;
  const parts = [`<text x="${LEFT}" y="16" class="title">${escape(title)}</text>`];
  for (const tick of across.ticks) {
    const at = fixed(left(tick));
    parts.push(
      `<line class="grid" x1="${at}" x2="${at}" y1="${TOP}" y2="${height - BOTTOM}"/>`,
      `<text x="${at}" y="${height - BOTTOM + 16}" text-anchor="middle">${label(tick)}</text>`,
    );
  }
  parts.push(
    `<text x="${LEFT + plotWidth / 2}" y="${height - 6}" text-anchor="middle">${escape(x.label)}</text>`,
  );
  panels.forEach((panel, i) => parts.push(panelOf(panel, TOP + i * PANEL, x.values, left)));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escape(title)}">
<style>text{font:12px sans-serif;fill:#777}.title{font-weight:bold}.grid{stroke:#999;stroke-opacity:.25}polyline{fill:none;stroke-width:2}</style>
${parts.join('\n')}
</svg>
`;
}

function panelOf({ label: unit, scale, series }, top, xs, left) {
  const inner = PANEL - 24;
  const values = series.flatMap((one) => one.values).filter(Number.isFinite);
  const up = scaleOf(values, scale);
  const y = (value) => top + inner - up.at(value) * (inner - 14);
  const right = WIDTH - RIGHT;
  const ticks = up.ticks.map(
    (tick) =>
      `<line class="grid" x1="${LEFT}" x2="${right}" y1="${fixed(y(tick))}" y2="${fixed(y(tick))}"/><text x="${LEFT - 6}" y="${fixed(y(tick) + 4)}" text-anchor="end">${label(tick)}</text>`,
  );
  const lines = series.map(({ name, values: all }, i) => {
    const colour = COLOURS[i % COLOURS.length];
    const points = all.flatMap((value, j) =>
      Number.isFinite(value) ? [`${fixed(left(xs[j]))},${fixed(y(value))}`] : [],
    );
    const dots = points.map((point) => {
      const [cx, cy] = point.split(',');
      return `<circle cx="${cx}" cy="${cy}" r="2.5" fill="${colour}"/>`;
    });
    return `<polyline points="${points.join(' ')}" stroke="${colour}"/>${dots.join('')}<text x="${right + 8}" y="${fixed(top + 18 + i * 16)}" style="fill:${colour}">${escape(name)}</text>`;
  });
  return `<text x="${LEFT}" y="${top + 8}">${escape(unit)}</text>${ticks.join('')}${lines.join('')}`;
}
