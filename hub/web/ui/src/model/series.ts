import type { History, Series } from "../api/types.gen.ts";

export type Column = Array<number | null>;

/** What is already there with a newer tail in place of its end. */
export function withTail(before: History, tail: History): History {
  const series = Object.entries(tail.series).map(([point, s]) => [point, joined(before.series[point], s)] as const);
  return { step_ms: tail.step_ms, series: Object.fromEntries(series) };
}

function joined(before: Series | undefined, tail: Series): Series {
  const cut = before && tail.t.length ? before.t.findIndex((t) => t >= tail.t[0]!) : -1;
  if (!before) return tail;
  const keep = cut < 0 ? before.t.length : cut;
  const join = <T>(a: T[], b: T[]): T[] => [...a.slice(0, keep), ...b];
  return {
    t: join(before.t, tail.t),
    mean: join(before.mean, tail.mean),
    min: join(before.min, tail.min),
    max: join(before.max, tail.max),
    last: join(before.last, tail.last),
  };
}

/** The even time axis that all series of an answer share, UTC ms. */
export function axis(history: History): number[] {
  const series = Object.values(history.series);
  return series.reduce<number[]>((longest, s) => (s.t.length > longest.length ? s.t : longest), []);
}

/** Several points' means added up; where one of them is not known, the sum is not. */
export function added(history: History, points: readonly string[], t: readonly number[]): Column {
  const parts = points.map((p) => history.series[p]);
  return t.map((_, i) => {
    let total = 0;
    for (const part of parts) {
      const value = part?.mean[i];
      if (value == null) return null;
      total += value;
    }
    return parts.length ? total : null;
  });
}

export function firstKnown(history: History): number | undefined {
  const firsts = Object.values(history.series).map((s) => s.t[s.last.findIndex((v) => v !== null)]);
  const known = firsts.filter((t) => t !== undefined);
  return known.length ? Math.min(...known) : undefined;
}

export interface Extremes {
  low: number;
  high: number;
  highAt: number;
  mean: number;
}

export function extremes(column: Column, t: readonly number[]): Extremes | undefined {
  const found: Extremes = { low: Infinity, high: -Infinity, highAt: 0, mean: 0 };
  let count = 0;
  column.forEach((v, i) => {
    if (v === null) return;
    count += 1;
    found.mean += (v - found.mean) / count;
    found.low = Math.min(found.low, v);
    if (v > found.high) Object.assign(found, { high: v, highAt: t[i] });
  });
  return count ? found : undefined;
}

/** Averages per span of `ms` from `start`, for tables: one row each, null where nothing is known. */
export function averages(column: Column, t: readonly number[], start: number, end: number, ms: number): Column {
  const rows: Column = [];
  for (let from = start; from < end; from += ms) {
    const known = column.filter((v, i) => v !== null && t[i]! >= from && t[i]! < from + ms) as number[];
    rows.push(known.length ? known.reduce((a, v) => a + v, 0) / known.length : null);
  }
  return rows;
}
