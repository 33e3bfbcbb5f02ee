import type { Column } from "../../model/series.ts";

/** One line of a chart: its words, its role colour (never the only mark: `dash` differs, too) and its numbers. */
export interface Line {
  label: string;
  colour: "--pv" | "--grid" | "--battery" | "--home";
  values: Column;
  /** Says a value in words of its own, where the sign means something. */
  say?: (value: number) => string;
  dash?: number[];
  filled?: boolean;
  stepped?: boolean;
}

export interface ChartData {
  t: number[];
  lines: Line[];
  from: number;
  to: number;
  zone: string;
  unit: string;
  format: (value: number) => string;
  tick: (value: number) => string;
  range?: [low: number, high: number];
}
