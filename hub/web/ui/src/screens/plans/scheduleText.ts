import type { ScheduleInfo, Stretch } from "../../api/types.gen.ts";
import { words } from "../../words/index.ts";
import { zoneName } from "../../words/moment.ts";
import { plans } from "../../words/plans.ts";
import type { House } from "./points.ts";
import { days, due, length } from "./say.ts";
import { scheduleForm, wholeDay, type At, type ScheduleForm } from "./scheduleForm.ts";

const t = plans.schedules;

/** "Workdays 06:00 to 08:30" */
export function whenText(document: ScheduleInfo["document"], house: House): string {
  const f = scheduleForm(document, house);
  const on = f.by === "dates" ? words.list(f.dates.map(dateText)) : days(f.days);
  return `${on}, ${timeText(f)}`;
}

function timeText(f: ScheduleForm): string {
  const from = atText(f.start);
  if (f.end.how === "next") return t.from(from);
  if (f.end.how === "for") return t.fromFor(from, length(f.end.length));
  if (f.end.how === "midnight") return t.fromTo(from, t.midnight);
  return t.fromTo(from, atText(f.end)) + (wholeDay(f) ? ` ${t.nextDay}` : "");
}

function atText(at: At): string {
  if (at.kind === "clock") return at.clock;
  const bounds = t.bounds(at.low, at.high);
  return t.sun(at.kind, at.offset) + (bounds && ` (${bounds})`);
}

/** 12-24..01-06 -> 24 Dec to 6 Jan, every year */
export function dateText(told: string): string {
  const [first = "", last] = told.split("..");
  if (/^\d{4}-/.test(first)) return day(first, true);
  return t.yearly(last ? t.fromTo(day(`2024-${first}`), day(`2024-${last}`)) : day(`2024-${first}`));
}

function day(iso: string, year = false): string {
  const at = Date.parse(`${iso}T12:00Z`);
  if (Number.isNaN(at)) return iso;
  return new Intl.DateTimeFormat(words.locale, { day: "numeric", month: "short", timeZone: "UTC", ...(year && { year: "numeric" }) }).format(at);
}

export function stretchText(s: Stretch): string {
  return s.end === null ? t.open(due(s.start)) : t.stretch(due(s.start), sameDay(s.start, s.end) ? timeOf(s.end) : due(s.end));
}

const timeOf = (at: number): string => new Intl.DateTimeFormat(words.locale, { hour: "2-digit", minute: "2-digit", timeZone: zoneName() }).format(at);

function sameDay(a: number, b: number): boolean {
  const format = new Intl.DateTimeFormat(words.locale, { dateStyle: "short", timeZone: zoneName() });
  return format.format(a) === format.format(b);
}
