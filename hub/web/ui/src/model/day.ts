/** Local days of a time zone, as ISO dates. A day has 23, 24 or 25 hours; nothing here counts them by hand. */
export interface Day {
  date: string;
  start: number;
  end: number;
}

export function dayOf(t: number, zone: string): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" }).format(t);
}

export function day(date: string, zone: string): Day {
  return { date, start: midnight(date, zone), end: midnight(shift(date, 1), zone) };
}

export function shift(date: string, days: number): string {
  const t = noon(date);
  t.setUTCDate(t.getUTCDate() + days);
  return isoDate(t);
}

/** The same day of another month; the last one where that month is shorter. */
export function shiftMonths(date: string, months: number): string {
  const t = noon(date);
  const wanted = t.getUTCDate();
  t.setUTCDate(1);
  t.setUTCMonth(t.getUTCMonth() + months);
  t.setUTCDate(Math.min(wanted, new Date(Date.UTC(t.getUTCFullYear(), t.getUTCMonth() + 1, 0)).getUTCDate()));
  return isoDate(t);
}

export const daysBetween = (first: string, last: string): number =>
  Math.round((noon(last).getTime() - noon(first).getTime()) / 86_400_000);

/** 0 = Monday. */
export const weekday = (date: string): number => (noon(date).getUTCDay() + 6) % 7;

/** A date as a moment that is on that day in UTC, for formats. */
export const noon = (date: string): Date => new Date(`${date}T12:00:00Z`);

const isoDate = (t: Date): string => t.toISOString().slice(0, 10);

/** The first moment of a local day, found by correcting a guess with the zone's offset there. */
export function midnight(date: string, zone: string): number {
  return moment(Date.parse(`${date}T00:00:00Z`), zone);
}

/** The moment of a local day at which its clocks show "22:00" or "22:00:30". */
export const atClock = (date: string, clock: string, zone: string): number => moment(Date.parse(`${date}T${clock}Z`), zone);

/** When the clock shows it next after `t`. */
export function nextTime(clock: string, t: number, zone: string): number {
  const today = dayOf(t, zone);
  const at = atClock(today, clock, zone);
  return at > t ? at : atClock(shift(today, 1), clock, zone);
}

/** The moment at which the clocks of the zone show what `naive` shows in UTC. */
function moment(naive: number, zone: string): number {
  const guess = naive - offset(naive, zone);
  return naive - offset(guess, zone);
}

/** The moment of day `to` at which its clocks show what those of day `from` show at `t`. */
export function sameClock(t: number, from: Day, to: Day, zone: string): number {
  if (from.end - from.start === to.end - to.start) return t + to.start - from.start;
  const clock = t + offset(t, zone) - Date.parse(`${from.date}T00:00:00Z`);
  return moment(Date.parse(`${to.date}T00:00:00Z`) + clock, zone);
}

const clocks = new Map<string, Intl.DateTimeFormat>();

function offset(t: number, zone: string): number {
  let clock = clocks.get(zone);
  if (!clock) {
    clock = new Intl.DateTimeFormat("en-US", {
      timeZone: zone, hourCycle: "h23",
      year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric",
    });
    clocks.set(zone, clock);
  }
  const parts = clock.formatToParts(t);
  const of = (type: string) => Number(parts.find((p) => p.type === type)?.value ?? 0);
  const local = Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second"));
  return local - Math.floor(t / 1000) * 1000;
}

export function clockTime(t: number, zone: string, locale: string, seconds = false): string {
  return new Intl.DateTimeFormat(locale, {
    timeZone: zone, hour: "2-digit", minute: "2-digit", ...(seconds && { second: "2-digit" }),
  }).format(t);
}
