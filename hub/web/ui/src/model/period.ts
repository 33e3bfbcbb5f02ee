import { day, daysBetween, midnight, shift, shiftMonths, weekday } from "./day.ts";

export const KINDS = ["day", "week", "month", "year", "custom"] as const;
export type Kind = (typeof KINDS)[number];
export const BASES = ["before", "year"] as const;
/** What a period is compared with: the one before it, or the same one a year earlier. */
export type Base = (typeof BASES)[number];

/** What stands in the address, so that a link and the back button find the same period; no `on` = today's. */
export interface Search {
  period?: Kind;
  on?: string;
  from?: string;
  to?: string;
  compare?: Base;
  /** What is looked at closely of a day, see `viewText`. */
  view?: string;
}

/** Whole local days from `first` to `last`, both included; `start` and `end` are moments (UTC ms). */
export interface Period {
  kind: Kind;
  first: string;
  last: string;
  start: number;
  end: number;
}

export type BarStep = "hour" | "day" | "month";

const MOST_DAY_BARS = 62;
const MOST_DAYS = 1096;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const VIEW = /^\d{1,12}-\d{1,12}$/;

const isDate = (text: unknown): text is string => typeof text === "string" && DATE.test(text) && !Number.isNaN(Date.parse(text));

/** What can be used of an address, whoever wrote it. */
export function searchOf(raw: Record<string, unknown>): Search {
  const search: Search = {};
  const kind = KINDS.find((k) => k === raw["period"]);
  if (kind) search.period = kind;
  if (kind === "custom") {
    if (isDate(raw["from"]) && isDate(raw["to"])) Object.assign(search, { from: raw["from"], to: raw["to"] });
  } else if (isDate(raw["on"])) search.on = raw["on"];
  const compare = BASES.find((b) => b === raw["compare"]);
  if (compare) search.compare = compare;
  if (!search.period || kind === "day") {
    const view = raw["view"];
    if (typeof view === "string" && VIEW.test(view)) search.view = view;
  }
  return search;
}

/** The period that is asked for, never one that has not begun yet. */
export function periodOf(search: Search, today: string, zone: string): Period {
  const kind = search.period ?? "day";
  if (kind === "custom") return custom(search.from ?? shift(today, -6), search.to ?? today, today, zone);
  return whole(kind, search.on && search.on < today ? search.on : today, zone);
}

function whole(kind: Exclude<Kind, "custom">, on: string, zone: string): Period {
  if (kind === "day") return span(kind, on, on, zone);
  if (kind === "week") {
    const monday = shift(on, -weekday(on));
    return span(kind, monday, shift(monday, 6), zone);
  }
  const first = kind === "month" ? `${on.slice(0, 7)}-01` : `${on.slice(0, 4)}-01-01`;
  return span(kind, first, shift(shiftMonths(first, kind === "month" ? 1 : 12), -1), zone);
}

/** More days than are drawn as single bars are whole months. */
function custom(one: string, other: string, today: string, zone: string): Period {
  const [low, high] = one < other ? [one, other] : [other, one];
  const last = high < today ? high : today;
  const wished = low < last ? low : last;
  const first = daysBetween(wished, last) < MOST_DAYS ? wished : shift(last, 1 - MOST_DAYS);
  if (daysBetween(first, last) < MOST_DAY_BARS) return span("custom", first, last, zone);
  const end = shift(shiftMonths(`${last.slice(0, 7)}-01`, 1), -1);
  return span("custom", `${first.slice(0, 7)}-01`, end, zone);
}

const span = (kind: Kind, first: string, last: string, zone: string): Period => ({
  kind, first, last, start: midnight(first, zone), end: day(last, zone).end,
});

export const daysOf = (p: Period): number => daysBetween(p.first, p.last) + 1;

export function barStep(p: Period): BarStep {
  if (p.kind === "day" || daysOf(p) <= 2) return "hour";
  return daysOf(p) <= MOST_DAY_BARS ? "day" : "month";
}

/** The period before or after, as it stands in the address. */
export function moved(p: Period, by: 1 | -1): Search {
  if (p.kind === "custom") return { period: "custom", ...(barStep(p) === "month" ? byMonths(p, by) : byDays(p, by)) };
  const months = { month: 1, year: 12 }[p.kind as "month" | "year"];
  return { period: p.kind, on: months ? shiftMonths(p.first, by * months) : shift(p.first, by * daysOf(p)) };
}

const byDays = (p: Period, by: number) => ({ from: shift(p.first, by * daysOf(p)), to: shift(p.last, by * daysOf(p)) });

function byMonths(p: Period, by: number): { from: string; to: string } {
  const months = Math.round(daysOf(p) / 30.44);
  const from = shiftMonths(p.first, by * months);
  return { from, to: shift(shiftMonths(from, months), -1) };
}

/** What the period is compared with. A week's year is 52 weeks, so that Mondays meet Mondays. */
export function baseOf(p: Period, base: Base, zone: string): Period {
  if (base === "before") return { ...at(moved(p, -1), zone), kind: p.kind };
  if (p.kind === "week") return span("week", shift(p.first, -364), shift(p.last, -364), zone);
  if (p.kind === "custom") return span("custom", shiftMonths(p.first, -12), shiftMonths(p.last, -12), zone);
  return whole(p.kind, shiftMonths(p.first, -12), zone);
}

const at = (search: Search, zone: string): Period => periodOf(search, "9999-12-31", zone);

export const goesOn = (p: Period, today: string): boolean => p.last >= today;
