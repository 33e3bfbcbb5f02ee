import { sinceOf, type Since } from "./since.ts";

/** Buckets of one point: their starts (UTC ms), means and extremes; null = not known. */
export interface Buckets {
  t: number[];
  mean: Column;
  min: Column;
  max: Column;
}

export interface Past {
  step_ms: number;
  series: Record<string, Buckets>;
}

export type Column = Array<number | null>;
export type Field = "mean" | "min" | "max";

/** What is already there with a newer tail in place of its end. */
export function withTail(before: Past, tail: Past): Past {
  const start = axis(tail)[0];
  return start === undefined ? before : joined([upTo(before, start), tail], before.step_ms);
}

/** A stretch that is known more finely, laid into a coarse day. */
export function spliced(coarse: Past, fine: Past | undefined): Past {
  const t = fine ? axis(fine) : [];
  if (!fine || !t.length || fine.step_ms >= coarse.step_ms) return coarse;
  const last = t[t.length - 1]!;
  return joined([upTo(coarse, t[0]! - coarse.step_ms + 1), fine, after(coarse, last)], fine.step_ms);
}

const upTo = (past: Past, t: number): Past => cut(past, (times) => [0, placeOf(times, t - 1) + 1]);
const after = (past: Past, t: number): Past => cut(past, (times) => [placeOf(times, t) + 1, times.length]);

function cut(past: Past, places: (times: number[]) => [from: number, to: number]): Past {
  const series = Object.entries(past.series).map(([point, b]) => {
    const [from, to] = places(b.t);
    const part = <T>(values: T[]): T[] => values.slice(from, to);
    return [point, { t: part(b.t), mean: part(b.mean), min: part(b.min), max: part(b.max) }] as const;
  });
  return { ...past, series: Object.fromEntries(series) };
}

function joined(parts: Past[], step_ms: number): Past {
  const points = Object.keys(parts[0]?.series ?? {});
  const all = <K extends keyof Buckets>(point: string, field: K) => parts.flatMap((p) => p.series[point]?.[field] ?? []) as Buckets[K];
  const series = points.map((p) => [p, { t: all(p, "t"), mean: all(p, "mean"), min: all(p, "min"), max: all(p, "max") }] as const);
  return { step_ms, series: Object.fromEntries(series) };
}

/** Without the buckets that have not begun yet. */
export const until = (past: Past, now: number): Past => upTo(past, now + 1);

/** The time axis that all series of an answer share, UTC ms. */
export const axis = (past: Past): number[] =>
  Object.values(past.series).reduce<number[]>((longest, s) => (s.t.length > longest.length ? s.t : longest), []);

/** Several points added up; where one of them is not known, the sum is not. A device that was not there yet adds nothing. */
export function added(past: Past, points: readonly string[], t: readonly number[], field: Field = "mean", since: Since = {}): Column {
  const parts = points.map((p) => ({ values: past.series[p]?.[field], since: sinceOf(p, since) ?? -Infinity }));
  return t.map((at, i) => {
    const there = parts.filter((p) => p.since <= at || p.values?.[i] != null);
    let total = 0;
    for (const { values } of there) {
      const value = values?.[i];
      if (value == null) return null;
      total += value;
    }
    return there.length ? total : null;
  });
}

export function firstKnown(past: Past): number | undefined {
  const firsts = Object.values(past.series).map((s) => s.t[s.mean.findIndex((v) => v !== null)]);
  const known = firsts.filter((t) => t !== undefined);
  return known.length ? Math.min(...known) : undefined;
}

/** The place of the last time at or before `t`, -1 for none. */
export function placeOf(times: readonly number[], t: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! <= t) low = middle + 1;
    else high = middle;
  }
  return low - 1;
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
    let total = 0;
    let count = 0;
    for (let i = placeOf(t, from - 1) + 1; i < t.length && t[i]! < from + ms; i++) {
      const value = column[i];
      if (value == null) continue;
      total += value;
      count += 1;
    }
    rows.push(count ? total / count : null);
  }
  return rows;
}
