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
  const t = new Date(`${date}T12:00:00Z`);
  t.setUTCDate(t.getUTCDate() + days);
  return t.toISOString().slice(0, 10);
}

/** The first moment of a local day, found by correcting a guess with the zone's offset there. */
function midnight(date: string, zone: string): number {
  const naive = Date.parse(`${date}T00:00:00Z`);
  const guess = naive - offset(naive, zone);
  return naive - offset(guess, zone);
}

function offset(t: number, zone: string): number {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone, hourCycle: "h23",
    year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric",
  }).formatToParts(t);
  const of = (type: string) => Number(parts.find((p) => p.type === type)?.value ?? 0);
  const local = Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second"));
  return local - Math.floor(t / 1000) * 1000;
}

export function clockTime(t: number, zone: string, locale: string, seconds = false): string {
  return new Intl.DateTimeFormat(locale, {
    timeZone: zone, hour: "2-digit", minute: "2-digit", ...(seconds && { second: "2-digit" }),
  }).format(t);
}

export function dayName(date: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { timeZone: "UTC", weekday: "long", day: "numeric", month: "long" }).format(
    Date.parse(`${date}T12:00:00Z`),
  );
}
