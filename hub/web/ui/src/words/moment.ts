import { words } from "./index.ts";

let zone: string | undefined;

/** Times are told in the house's own time zone, wherever its owner is. */
export const setZone = (name: string): void => {
  zone = name;
};

const at = (t: number, format: Intl.DateTimeFormatOptions): string =>
  new Intl.DateTimeFormat(words.locale, { ...format, ...(zone && { timeZone: zone }) }).format(t);

const isToday = (t: number): boolean => at(t, { dateStyle: "short" }) === at(Date.now(), { dateStyle: "short" });

/** The house's time zone; UTC until it is known. */
export const zoneName = (): string => zone ?? "UTC";

/** 15:43:20, whatever day it is. */
export const clock = (t: number): string => at(t, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** 15:43, or 23 Nov, 15:43; with seconds where the order of events matters. */
export function moment(t: number, seconds = false): string {
  const time: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", ...(seconds && { second: "2-digit" }) };
  return at(t, isToday(t) ? time : { day: "numeric", month: "short", ...time });
}
