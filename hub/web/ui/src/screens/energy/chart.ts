import type { Column } from "../../model/series.ts";
import type { View } from "../../model/view.ts";

/** One line of a chart: its words, its role colour (never the only mark: `dash` differs, too) and its numbers. */
export interface Line {
  label: string;
  colour: "--pv" | "--grid" | "--battery" | "--home";
  values: Column;
  /** The lowest and highest of each bucket, where a bucket is longer than a second. */
  band?: [low: Column, high: Column] | undefined;
  /** Says a value in words of its own, where the sign means something. */
  say?: (value: number) => string;
  dash?: number[];
  filled?: boolean;
  stepped?: boolean;
  /** Of the day that is compared with: drawn behind the others. */
  ghost?: boolean;
}

export interface ChartData {
  t: number[];
  stepMs: number;
  lines: Line[];
  view: View;
  zone: string;
  unit: string;
  format: (value: number) => string;
  tick: (value: number) => string;
  range?: [low: number, high: number];
  /** How high the axis goes where nothing is known. */
  least: number;
}
