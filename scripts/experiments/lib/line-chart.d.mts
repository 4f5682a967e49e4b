/** A chart as SVG text. */
export function lineChart(chart: object): string;
