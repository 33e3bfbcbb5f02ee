import type { RegretAsk, RegretDay, RegretMonth, RegretTerms } from "../api/types.gen.ts";
import { noon } from "../model/day.ts";
import { money, stretch } from "./ahead.ts";
import { deviceName } from "./format.ts";
import { words } from "./index.ts";

export type Term = keyof RegretTerms;

/** Who or what made a day dearer, in the order in which it is worked out. */
export const TERMS: Record<Term, string> = {
  load: "Forecast of use",
  pv: "Forecast of sun",
  price: "Forecast of prices",
  solver: "The search",
  limits: "Limits",
  people: "Your wishes",
  refused: "Refusals",
  rules: "Rules",
  following: "Following the house",
  execution: "Carrying out",
};

const CENT = 0.005;
const order = Object.keys(TERMS) as Term[];

/** The causes that came to a cent in any of these; a table with only zeros in a column is harder to read. */
export const causes = (of: ReadonlyArray<{ terms: RegretTerms }>): Term[] =>
  order.filter((term) => of.some((one) => Math.abs(one.terms[term]) >= CENT));

const named = (date: string, format: Intl.DateTimeFormatOptions): string =>
  new Intl.DateTimeFormat(words.locale, { ...format, timeZone: "UTC" }).format(noon(date));

export const dayName = (date: string): string => named(date, { weekday: "short", day: "numeric", month: "short" });

/** November 2026, of 2026-11. */
export const monthOf = (month: string): string => named(`${month}-01`, { month: "long", year: "numeric" });

/** November 2026 (12 days). */
export const monthName = (m: RegretMonth): string =>
  `${monthOf(m.month)} (${m.days === 1 ? "1 day" : `${m.days} days`})`;

/** What was paid, what of it was too much, and what each cause made of that. */
export const cellsOf = (one: RegretDay | RegretMonth, shown: readonly Term[], currency: string): string[] =>
  [one.paid, one.total, ...shown.map((term) => one.terms[term])].map((value) => money(value, currency));

const CODES: Record<string, string> = {
  not_left_to_the_plan: "was not left to the plan",
  no_plan: "had no plan to go by",
};

const WHO: Record<RegretAsk["who"], (cause: string) => string> = {
  people: (cause) => (cause && !cause.includes("_") ? `was in ${cause}'s hands` : "was in your hands"),
  refused: () => "did not do what it was told",
  rules: (cause) => CODES[cause] ?? (cause && !cause.includes("_") ? `went by the rule ${cause}` : "went by rules"),
};

/** "Battery was in Anna's hands, 12 Mar, 12:00 to 14:00: €1.42 more." */
export function askText(ask: RegretAsk, currency: string): string {
  const much = `${money(Math.abs(ask.money), currency)} ${ask.money < 0 ? "less" : "more"}`;
  return `${deviceName(ask.device)} ${WHO[ask.who](ask.cause)}, ${stretch(ask.start, ask.end)}: ${much}.`;
}

/** The asks of some days that came to a cent, the dearest first. */
export const dearest = (days: readonly RegretDay[], most: number): RegretAsk[] =>
  days
    .flatMap((d) => d.asks)
    .filter((a) => Math.abs(a.money) >= CENT)
    .sort((a, b) => b.money - a.money)
    .slice(0, most);

export const regret = {
  title: "What did it cost?",
  lead: "Each night the day before is planned again with everything known. What was paid beyond that is told by its cause; below zero: it saved.",
  none: "The first day is worked out the night after a plan was made at its midnight.",
  loading: "Fetching the ledger …",
  failed: "The ledger could not be fetched.",
  months: "By month",
  days: "By day",
  columns: ["Paid", "Too much"],
  month: "Month",
  day: "Day",
  hands: "What somebody else than the plan did",
  lacks: "Days without a ledger",
  lack: (day: string, why: string) => `${day}: ${why}.`,
};
