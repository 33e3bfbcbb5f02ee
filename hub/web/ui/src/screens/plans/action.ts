import type { Topic } from "../../control/kind.ts";
import { choicesOf, type House } from "./points.ts";

export type Sign = "=" | "<=" | ">=";

/** What is asked of a point; `value` without its unit, or whatever is written where no number stands. */
export interface Action {
  point: string;
  sign: Sign;
  value: string;
}

const ACTION = /^\s*([a-z][a-z0-9_]*\.[a-z][a-z0-9_]*)\s*(<=|>=|==?)\s*([^]+?)\s*$/;
const ON: Record<string, string> = { true: "on", false: "off" };

export function actionOf(text: unknown, house: House): Action | undefined {
  const match = typeof text === "string" ? ACTION.exec(text) : null;
  if (!match) return undefined;
  const point = match[1]!;
  const said = match[3]!.replaceAll('"', "");
  const target = house.target(point);
  const unit = target?.command.unit ?? "";
  const bare = unit && said.endsWith(unit) ? said.slice(0, -unit.length).trim() : said;
  const value = /^[+-]?[\d.]+$/.test(bare) ? String(Number(bare)) : (ON[said] ?? said);
  return { point, sign: match[2] === "<=" || match[2] === ">=" ? match[2] : "=", value };
}

/** What the actions are about, each once. */
export const topicsOf = (actions: readonly unknown[], house: House): Topic[] =>
  [...new Set(actions.map((a) => actionOf(a, house)?.point ?? ""))].flatMap((point) => house.target(point) ?? []);

export function actionText({ point, sign, value }: Action, house: House): string {
  const target = house.target(point);
  const unit = target && isNumber(value) && !choicesOf(target) ? target.command.unit : "";
  return `${point} ${sign} ${value.trim()}${unit && ` ${unit}`}`;
}

export const isNumber = (value: string): boolean => /^[+-]?\d+(\.\d+)?$/.test(value.trim());

/** A value to begin with. */
export function firstValue(point: string, house: House): Action {
  const target = house.target(point);
  const choices = target && choicesOf(target);
  const { low, high } = target?.command ?? {};
  const limit = point.endsWith("_limit") && point.startsWith("house.");
  const middle = low != null && high != null ? String(Math.round((low + high) / 2)) : String(low ?? 0);
  return { point, sign: limit ? "<=" : "=", value: choices ? String(choices[0]!.value) : middle };
}
