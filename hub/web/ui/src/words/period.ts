import { noon } from "../model/day.ts";
import { barStep, type BarStep, type Base, type Kind, type Period } from "../model/period.ts";
import type { Span } from "../model/energy.ts";
import { words } from "./index.ts";

const t = words.energy;

const dates = (format: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat(words.locale, { ...format, timeZone: "UTC" });

const NAMES: Record<Kind, Intl.DateTimeFormatOptions> = {
  day: { weekday: "long", day: "numeric", month: "long", year: "numeric" },
  week: { day: "numeric", month: "long", year: "numeric" },
  month: { month: "long", year: "numeric" },
  year: { year: "numeric" },
  custom: { day: "numeric", month: "long", year: "numeric" },
};

/** Tuesday 24 November 2026; 16–22 November 2026; November 2026. */
export function periodName(p: Period): string {
  const format = dates(NAMES[p.kind]);
  return p.kind === "week" || p.kind === "custom" ? format.formatRange(noon(p.first), noon(p.last)) : format.format(noon(p.first));
}

export const dateName = (date: string): string => dates({ day: "numeric", month: "long", year: "numeric" }).format(noon(date));

/** "the week before", as it follows "than". */
export const baseName = (kind: Kind, base: Base): string => (base === "before" ? t.before : t.yearAgo)[kind];

const LABELS: Record<BarStep, Intl.DateTimeFormatOptions> = {
  hour: { hour: "2-digit", minute: "2-digit" },
  day: { weekday: "short", day: "numeric", month: "short" },
  month: { month: "long", year: "numeric" },
};

/** A bar's name: Mon 16 Nov; November 2026; 14:00. */
export const barName = (span: Span, step: BarStep, zone: string): string =>
  new Intl.DateTimeFormat(words.locale, { ...LABELS[step], timeZone: zone }).format(span.start);

/** The same below the bar, where there is little room. */
export function barLabel(span: Span, p: Period, zone: string): string {
  const step = barStep(p);
  const format = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(words.locale, { ...options, timeZone: zone }).format(span.start);
  if (step === "hour") return format({ hour: "2-digit" });
  if (step === "month") return format({ month: "short" });
  return p.kind === "week" ? format({ weekday: "short" }) : format({ day: "numeric" });
}

/** 5 s, 2 min, 1 h. */
export function spanName(ms: number): string {
  if (ms < 60_000) return words.age.seconds(ms / 1000);
  return ms < 3_600_000 ? words.age.minutes(ms / 60_000) : words.age.hours(ms / 3_600_000);
}
