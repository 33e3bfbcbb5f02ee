/** A schedule as its editor holds it, from its document and back. */
import { actionOf, actionText, firstValue, type Action } from "./action.ts";
import { WEEKDAYS } from "./condition.ts";
import type { Document } from "./document.ts";
import { lengthOf, type Length } from "./length.ts";
import { plans } from "../../words/plans.ts";
import type { House } from "./points.ts";

export type Sun = "clock" | "sunrise" | "sunset";

/** A time of day. `offset`: minutes after the sun's; `low`, `high`: what a time by the sun is kept within. */
export interface At {
  kind: Sun;
  clock: string;
  offset: number;
  low: string;
  high: string;
}

export interface ScheduleForm {
  name: string;
  action: Action;
  by: "days" | "dates";
  days: number[];
  dates: string[];
  holidays: string;
  start: At;
  end: At & { how: "at" | "midnight" | "for" | "next"; length: Length };
  missed: string;
  enabled: boolean;
}

const WHOLE: Record<string, number[]> = { daily: [0, 1, 2, 3, 4, 5, 6], workdays: [0, 1, 2, 3, 4], weekend: [5, 6] };
const MIDNIGHT = "24:00";
const SUN = /^\s*(sunrise|sunset)(?:\s*([+-])\s*(\d+)\s*(min|h))?\s*$/;

const at = (clock: string): At => ({ kind: "clock", clock, offset: 0, low: "", high: "" });

export function firstSchedule(house: House): ScheduleForm {
  const points = house.targets.flatMap((g) => g.points);
  const first = points.find((p) => p.point.startsWith("wallbox") && p.point.endsWith(".mode")) ?? points[0];
  return {
    name: "",
    action: first ? firstValue(first.point, house) : { point: "", sign: "=", value: "" },
    by: "days",
    days: WHOLE["daily"]!,
    dates: [],
    holidays: "ignore",
    start: at("06:00"),
    end: { ...at("08:00"), how: "at", length: { amount: "2", unit: "h" } },
    missed: "late",
    enabled: true,
  };
}

export function scheduleForm(document: Document, house: House): ScheduleForm {
  const first = firstSchedule(house);
  const end = timeOf(document["end"]);
  const length = lengthOf(end);
  const listed = document["dates"];
  return {
    name: String(document["name"] ?? ""),
    action: actionOf(document["set"], house) ?? first.action,
    by: listed ? "dates" : "days",
    days: daysOf(document["days"] ?? "daily"),
    dates: listed ? (Array.isArray(listed) ? listed : [String(listed)]) : [],
    holidays: String(document["holidays"] ?? "ignore"),
    start: atOf(document["start"], first.start),
    end: {
      ...(end === undefined || end === MIDNIGHT || length ? first.end : atOf(end, first.end)),
      how: end === undefined ? "next" : end === MIDNIGHT ? "midnight" : length ? "for" : "at",
      length: length ?? first.end.length,
    },
    missed: String(document["on_missed"] ?? "late"),
    enabled: document["enabled"] !== false,
  };
}

export function daysOf(told: unknown): number[] {
  const listed = Array.isArray(told) ? told : [told];
  return [...new Set(listed.flatMap((w) => WHOLE[String(w)] ?? [WEEKDAYS.indexOf(String(w))]))].filter((d) => d >= 0).sort();
}

/** Without a table around it that says nothing more. */
function timeOf(told: unknown): unknown {
  const { at: time, ...bounds } = (typeof told === "object" && told ? told : { at: told }) as Record<string, unknown>;
  return Object.keys(bounds).length ? told : typeof time === "string" ? time.trim() : time;
}

/** Whether it lasts until the same time of the next day. */
export function wholeDay({ start, end }: ScheduleForm): boolean {
  return end.how === "at" && JSON.stringify(atText(start)) === JSON.stringify(atText(end));
}

function atOf(told: unknown, otherwise: At): At {
  const { at: time, not_before: low = "", not_after: high = "" } = (typeof told === "object" && told ? told : { at: told }) as Record<string, string>;
  const sun = SUN.exec(String(time));
  if (!sun) return { ...otherwise, kind: "clock", clock: String(time ?? "").padStart(5, "0"), low, high };
  const minutes = Number(sun[3] ?? 0) * (sun[4] === "h" ? 60 : 1);
  return { ...otherwise, kind: sun[1] as Sun, offset: sun[2] === "-" ? -minutes : minutes, low, high };
}

export function scheduleDocument(f: ScheduleForm, house: House): Document {
  const end = endText(f.end);
  const document: Record<string, unknown> = {
    name: f.name.trim() || suggestedName(f, house),
    set: actionText(f.action, house),
    ...(f.by === "days" ? { days: dayWords(f.days) } : { dates: f.dates }),
    start: atText(f.start),
    ...(end !== undefined && { end }),
    ...(f.holidays !== "ignore" && { holidays: f.holidays }),
    ...(f.missed !== "late" && { on_missed: f.missed }),
    ...(!f.enabled && { enabled: false }),
  };
  return document as Document;
}

function endText(end: ScheduleForm["end"]): unknown {
  if (end.how === "next") return undefined;
  if (end.how === "midnight") return MIDNIGHT;
  return end.how === "for" ? `${end.length.amount} ${end.length.unit}` : atText(end);
}

const dayWords = (days: number[]): string | string[] =>
  Object.keys(WHOLE).find((word) => WHOLE[word]!.join() === days.join()) ?? days.map((d) => WEEKDAYS[d]!);

function atText({ kind, clock, offset, low, high }: At): unknown {
  if (kind === "clock") return clock;
  const text = offset ? `${kind} ${offset < 0 ? "-" : "+"} ${Math.abs(offset)} min` : kind;
  return low || high ? { at: text, ...(low && { not_before: low }), ...(high && { not_after: high }) } : text;
}

function suggestedName(f: ScheduleForm, house: House): string {
  const name = house.target(f.action.point)?.name ?? f.action.point;
  return `${name} ${f.start.kind === "clock" ? f.start.clock : plans.schedules.kinds[f.start.kind]}`;
}
