/** A row of figures by column. */
export type Row = Record<string, number>;

export interface Experiment {
  name: string;
  title: string;
  question: string;
  columns: Record<string, string>;
  /** With nothing given, as documented; sizes may be reduced. */
  run: (sizes?: Record<string, number | number[]>) => Row[];
  chart: (rows: readonly Row[]) => object;
}

export const EXPERIMENTS: readonly Experiment[];
