import type { DeviceInfo, Energy } from "../api/types.gen.ts";
import { pointOf, type Layout } from "./layout.ts";
import { deviceOf, sinceOf, type Since } from "./since.ts";

export const FLOWS = ["made", "bought", "discharged", "used", "sold", "charged"] as const;
export type Flow = (typeof FLOWS)[number];

/** Points that are added up, and which way of theirs counts. */
export interface Part {
  points: string[];
  way: "plus" | "minus";
}

/** Where a figure comes from: the first part that knows a period tells of it. */
export type Source = Part[];
export type Sources = Partial<Record<Flow, Source>>;

/** Bits of `marks`, as the hub sets them. */
export const MARK = { interpolated: 1, summed: 2, reset: 4, disagree: 8, imported: 16, openStart: 32, openEnd: 64 } as const;

/** What flowed in a period; `known` is the share of it that is known, null is nothing. */
export interface Amount {
  wh: number | null;
  known: number;
  marks: number;
}

export interface Span {
  start: number;
  end: number;
}

export interface Bars {
  spans: Span[];
  flows: Partial<Record<Flow, Amount[]>>;
}

type Role = DeviceInfo["role"];

/** Counters first; power where there are none, and for times before there were. */
export function sourcesOf(devices: readonly DeviceInfo[], layout: Layout): Sources {
  const counters = (role: Role, quantity: string) => countersOf(devices, role, quantity);
  const found: Record<Flow, Source> = {
    made: source(madeCounters(devices), layout.solar, "plus"),
    bought: source(counters("grid", "energy_import"), layout.grid, "plus"),
    discharged: source(counters("battery", "energy_discharged"), layout.battery, "plus"),
    used: source([], layout.consumption ? [layout.consumption] : [], "plus"),
    sold: source(counters("grid", "energy_export"), layout.grid, "minus"),
    charged: source(counters("battery", "energy_charged"), layout.battery, "minus"),
  };
  return Object.fromEntries(Object.entries(found).filter(([, s]) => s.length));
}

function source(counters: string[], powers: string[], way: Part["way"]): Source {
  const parts: Source = [{ points: counters, way: "plus" }, { points: powers, way }];
  return parts.filter((p) => p.points.length);
}

/** None unless every device of the role has one: a part would pass for the whole. */
function countersOf(devices: readonly DeviceInfo[], role: Role, quantity: string): string[] {
  const all = devices.filter((d) => d.role === role).map((d) => pointOf(d, quantity));
  return all.every((p) => p !== undefined) ? all : [];
}

/** The AC counter of a hybrid inverter holds what its battery gave, too: then solar is summed up from power. */
function madeCounters(devices: readonly DeviceInfo[]): string[] {
  const hybrid = devices.some((b) => b.role === "battery" && devices.some((d) => d.role === "inverter" && d.id === b.behind));
  return hybrid ? [] : countersOf(devices, "inverter", "energy");
}

export const pointsOfSources = (sources: readonly Source[]): string[] => [...new Set(sources.flat().flatMap((p) => p.points))];

export function barsOf(energy: Energy, sources: Sources): Bars {
  const flows = Object.entries(sources).map(([flow, s]) => [flow, amountsOf(energy, s)] as const);
  return { spans: spansOf(energy), flows: Object.fromEntries(flows) };
}

export const spansOf = (energy: Energy): Span[] =>
  energy.t.map((start, i) => ({ start, end: energy.t[i + 1] ?? energy.end }));

export function amountsOf(energy: Energy, source: Source): Amount[] {
  const since = devicesSince(energy);
  return spansOf(energy).map((span, i) => {
    const parts = source.map((part) => amountOf(energy, part, i, span, since));
    return parts.reduce((best, next) => (next.known > best.known + 0.01 ? next : best), parts[0] ?? NOTHING);
  });
}

/** A device is there as soon as anything is known of it. */
export function devicesSince({ series }: Energy): Since {
  const since: Record<string, number> = {};
  for (const [point, s] of Object.entries(series)) {
    if (s.since !== null) since[deviceOf(point)] = Math.min(s.since, sinceOf(point, since) ?? Infinity);
  }
  return since;
}

const NOTHING: Amount = { wh: null, known: 0, marks: 0 };

/** A device that was not there yet added nothing, and of that nothing is missing once the first of them is there. */
function amountOf(energy: Energy, { points, way }: Part, i: number, span: Span, since: Since): Amount {
  const begins = points.map((p) => within(span, sinceOf(p, since) ?? span.start));
  const first = Math.min(...begins);
  if (first === span.end) return NOTHING;
  const sum = { wh: 0, known: 1, marks: 0 };
  for (const [k, point] of points.entries()) {
    if (begins[k] === span.end) continue;
    const series = energy.series[point];
    const wh = series?.[way][i];
    if (!series || wh == null) return NOTHING;
    sum.wh += wh;
    sum.known = Math.min(sum.known, (series.known[i] ?? 0) + (begins[k]! - first) / length(span));
    sum.marks = beside(sum.marks, series.marks[i] ?? 0);
  }
  return sum;
}

const OPEN = MARK.openStart | MARK.openEnd;

/** Whether more is not known than what belongs to the periods before and after. */
const isDoubted = (marks: number): boolean => (marks & MARK.interpolated) !== 0 && (marks & OPEN) === 0;

/** The marks of two figures of one period. */
export const beside = (a: number, b: number): number => (isDoubted(a) || isDoubted(b) ? (a | b) & ~OPEN : a | b);

/** The marks of several periods as one: to which of two something belongs that flowed in one period is no matter. */
function joined(amounts: readonly Amount[]): number {
  const marks = amounts.reduce((all, a) => all | (a.marks & ~OPEN & ~MARK.interpolated), 0);
  if (amounts.some((a) => isDoubted(a.marks))) return marks | MARK.interpolated;
  const edges = ((amounts[0]?.marks ?? 0) & MARK.openStart) | ((amounts.at(-1)?.marks ?? 0) & MARK.openEnd);
  return marks | edges | (edges && MARK.interpolated);
}

const within = ({ start, end }: Span, t: number): number => Math.min(Math.max(t, start), end);

/** Several periods as one. */
export function total(amounts: readonly Amount[], spans: readonly Span[]): Amount {
  const known = amounts.filter((a) => a.wh !== null);
  if (!known.length) return NOTHING;
  return {
    wh: known.reduce((sum, a) => sum + a.wh!, 0),
    known: knownMs(amounts, spans) / spans.reduce((sum, s) => sum + length(s), 0),
    marks: joined(amounts),
  };
}

export const length = (s: Span): number => s.end - s.start;

/** How much time of the periods is known. */
export const knownMs = (amounts: readonly Amount[], spans: readonly Span[]): number =>
  spans.reduce((sum, s, i) => sum + length(s) * (amounts[i]?.known ?? 0), 0);

const QUARTER_MS = 900_000;

/** How far an amount can be relied on: `sure` was counted, `derived` is from power or another system, `unsure` has holes or doubts. */
export type Trust = "sure" | "derived" | "unsure";

export function trustOf(amount: Amount, span: Span, now: number): Trust {
  const doubts = amount.marks & ~(MARK.summed | MARK.imported | OPEN);
  if (doubts || isPartial(amount, span, now)) return "unsure";
  return amount.marks ? "derived" : "sure";
}

/** Whether some of what has passed of the period is not known; the quarter-hour that still runs does not count. */
export function isPartial(amount: Amount, span: Span, now: number): boolean {
  const passed = Math.min(Math.max(now - span.start, 0), length(span));
  return amount.known * length(span) < passed - QUARTER_MS - 0.005 * length(span);
}

/** Shares in percent, from the periods of which both figures are known. */
export interface Shares {
  /** Of what the home used, what did not come from the grid. */
  autarky: number | null;
  /** Of what the roof made, what was not sold. */
  ownUse: number | null;
}

export const sharesOf = ({ flows }: Bars): Shares => ({
  autarky: without(flows.used, flows.bought),
  ownUse: without(flows.made, flows.sold),
});

function without(whole: Amount[] = [], part: Amount[] = []): number | null {
  const both = whole.map((w, i) => [w.wh, part[i]?.wh ?? null] as const).filter(([w, p]) => w !== null && p !== null);
  const sum = both.reduce((a, [w]) => a + w!, 0);
  if (sum <= 0) return null;
  return Math.max(0, 100 * (1 - both.reduce((a, [, p]) => a + p!, 0) / sum));
}
