import { knownMs, length, type Amount, type Span } from "./energy.ts";

/** How two periods differ. `percent` is that of the second, + = more now; null when there was nothing then. */
export interface Difference {
  percent: number | null;
  /** Why they are compared by the day: they are not equally long, or not equally much of them is known. */
  why: "length" | "gaps" | null;
  /** Wh a day, now and then. */
  perDay: [now: number, then: number];
}

export interface Compared {
  amounts: readonly Amount[];
  spans: readonly Span[];
}

const DAY_MS = 86_400_000;
const EQUAL = 0.02;
const ENOUGH = 0.5;

/** How many of the bars are over, and so comparable with as many of another period. */
export const finished = (spans: readonly Span[], now: number): number => spans.filter((s) => s.end <= now).length;

/** What is over of both periods; undefined where too little of either is known. */
export function difference(now: Compared, then: Compared, moment: number): Difference | undefined {
  const over = finished(now.spans, moment);
  const count = over < now.spans.length ? over : Math.max(now.spans.length, then.spans.length);
  const [a, b] = [summed(now, count), summed(then, count)];
  if (!a || !b) return undefined;
  const why = unequal(a.days, b.days) ? "length" : unequal(a.known, b.known) ? "gaps" : null;
  const perDay: Difference["perDay"] = [a.wh / a.known, b.wh / b.known];
  const [x, y] = why ? perDay : [a.wh, b.wh];
  return { percent: y > 0 ? 100 * (x / y - 1) : x > 0 ? null : 0, why, perDay };
}

const unequal = (a: number, b: number): boolean => Math.abs(a - b) > EQUAL * Math.max(a, b);

interface Sum {
  wh: number;
  days: number;
  /** Of the days, those that are known. */
  known: number;
}

/** The first `count` bars; undefined unless at least half of their time is known. A day of 23 or 25 hours is a day. */
function summed({ amounts, spans }: Compared, count: number): Sum | undefined {
  const [first, of] = [amounts.slice(0, count), spans.slice(0, count)];
  const ms = of.reduce((sum, s) => sum + length(s), 0);
  const share = knownMs(first, of) / ms;
  if (!(share >= ENOUGH)) return undefined;
  const days = ms > 0.9 * DAY_MS ? Math.round(ms / DAY_MS) : ms / DAY_MS;
  return { wh: first.reduce((sum, a) => sum + (a.wh ?? 0), 0), days, known: days * share };
}
