/** Plans as people say them. */
import type { Unmet } from "../../api/types.gen.ts";
import { valueText } from "../../control/kind.ts";
import { moment, zoneName } from "../../words/moment.ts";
import { words } from "../../words/index.ts";
import { plans } from "../../words/plans.ts";
import { choice, number } from "../../words/format.ts";
import { sentence } from "../../words/reasons.ts";
import { read, type Row } from "./condition.ts";
import { choicesOf, lower, type House } from "./points.ts";
import { actionOf, type Action } from "./action.ts";
import { lengthOf, type Length } from "./length.ts";

const t = plans.rules;

/** "solar surplus is over 1,500 W (± 200 W) and it is between 22:00 and 06:00"; undefined where only the text says it. */
export function condition(text: string, house: House): string | undefined {
  const found = read(text, house.reading);
  return found?.rows.map((row) => rowText(row, house)).join(` ${t.joints[found.joint]} `);
}

function rowText(row: Row, house: House): string {
  switch (row.kind) {
    case "number": {
      const amount = (n: string) => `${number(Number(n), digits(n))}${row.unit && `\u00a0${row.unit.replace("degC", "°C").replace("cur", house.currency)}`}`;
      return `${pointText(row.point, house)} ${t.signs[row.sign]} ${amount(row.value)}${row.band && ` (± ${amount(row.band)})`}`;
    }
    case "word":
      return `${pointText(row.point, house)} ${t.equals[String(row.equal)]} ${lower(stateText(row.point, row.value, house))}`;
    case "time":
      return t.said.time(row.from, row.to);
    case "days":
      return row.days.join() === "5,6" ? t.said.weekend : t.said.days(days(row.days, true));
    case "flag":
      return t.said[row.flag][row.is ? 0 : 1]!;
  }
}

const digits = (n: string): number => Math.min(3, n.split(".")[1]?.length ?? 0);

const pointText = (point: string, house: House): string => lower(house.reading(point)?.name ?? house.target(point)?.name ?? point);

export function stateText(point: string, value: string, house: House): string {
  const target = house.target(point);
  return (target && choicesOf(target)?.find((c) => String(c.value) === value)?.text) ?? choice(value);
}

// -- what is done -------------------------------------------------------------------------------------------------------

/** "Wallbox mode to Fast" */
export function action(text: string, house: House): string {
  const a = actionOf(text, house);
  const target = a && house.target(a.point);
  if (!a || !target) return text;
  const value = actionValue(a, house);
  if (a.point.endsWith(".on")) return value === plans.on ? t.switchOn(lower(target.name)) : t.switchOff(lower(target.name));
  return t.set(lower(target.name), plans.edit.signs[a.sign] ?? "", value);
}

function actionValue(a: Action, house: House): string {
  const target = house.target(a.point);
  const choices = target && choicesOf(target);
  if (choices) return choices.find((c) => String(c.value) === a.value)?.text ?? a.value;
  const n = Number(a.value);
  return !target || a.value === "" || Number.isNaN(n) ? a.value : valueText(a.point, target.command.unit, n, { said: true, role: target.device.role });
}

/** "Not as asked: what a person wants comes first." */
export function notAsAsked({ point, by }: Unmet, house: House): string {
  const target = house.target(point);
  return t.notAsAsked(sentence(by, (v) => valueText(point, target?.command.unit ?? "", v, { said: true, role: target?.device.role })));
}

// -- time ---------------------------------------------------------------------------------------------------------------

/** Workdays, Mon and Wed, Every day. */
export function days(of: readonly number[], long = false): string {
  const all = of.join();
  if (!all) return plans.noDays;
  const whole = { "0,1,2,3,4,5,6": plans.daily, "0,1,2,3,4": plans.workdays, "5,6": plans.weekend }[all];
  return whole && !long ? whole : words.list(of.map((d) => (long ? plans.longDays : plans.days)[d]!));
}

export function length({ amount, unit }: Length): string {
  return `${amount}\u00a0${unit}`;
}

export const durationText = (text: string): string => {
  const l = lengthOf(text);
  return l ? length(l) : text;
};

/** 45 s, 12 min, 3.5 h: of seconds. */
export function lasting(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)}\u00a0s`;
  if (seconds < 5_400) return `${Math.round(seconds / 60)}\u00a0min`;
  const hours = seconds / 3600;
  return `${number(hours, hours < 9.95 && Math.abs(hours - Math.round(hours)) >= 0.05 ? 1 : 0)}\u00a0h`;
}

const weekdays = new Map<string, Intl.DateTimeFormat>();

/** Mon, 15:43 in the week around now; else with its date. */
export function due(at: number): string {
  const zone = zoneName();
  let format = weekdays.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat(words.locale, { weekday: "short", hour: "2-digit", minute: "2-digit", timeZone: zone });
    weekdays.set(zone, format);
  }
  return Math.abs(at - Date.now()) < 6 * 86_400_000 ? format.format(at) : moment(at);
}
