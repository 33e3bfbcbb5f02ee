import type { Value } from "../api/types.gen.ts";
import { amount, inSentence, number, percent, power } from "./format.ts";
import { moment } from "./moment.ts";

export type Numbers = Record<string, Value>;

let currency = "EUR";

/** Prices in reasons are told in the house's own currency. */
export const setCurrency = (name: string): void => {
  currency = name;
};

/** How the numbers of a reason are said. */
export const amps = (v: Value | undefined): string => inSentence(Number(v ?? 0), "A");
export const watts = (v: Value | undefined): string => power(Number(v ?? 0));
export const percents = (v: Value | undefined): string => percent(Number(v ?? 0));
export const phases = (v: Value | undefined): string => (Number(v ?? 3) === 1 ? "one phase" : `${told(v ?? 3)} phases`);

export const cents = (v: Value | undefined): string => amount(Number(v ?? 0), currency);
export const until = (v: Value | undefined): string => (v ? ` until ${moment(Number(v))}` : "");

export function seconds(v: Value | undefined): string {
  const s = Math.max(0, Number(v ?? 0));
  return s < 120 ? `${number(Math.ceil(s))} s` : `${number(s / 60)} min`;
}

export function told(v: Value | undefined): string {
  if (typeof v === "boolean") return v ? "on" : "off";
  return typeof v === "number" ? number(v, Number.isInteger(v) ? 0 : 1) : String(v ?? "");
}

/** Who wishes, for the start of a sentence. */
export const SOURCES: Record<string, string> = {
  safety: "safety",
  grid_operator: "what the grid operator demands",
  site: "a limit of the house",
  person: "what a person wants",
  rule: "a rule",
  plan: "the plan",
  default: "the chosen mode",
};

export const on = (n: Numbers): string => (n["phase"] ? ` on L${told(n["phase"])}` : "");
