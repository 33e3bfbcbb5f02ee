import type { CommandInfo, DeviceInfo, Value } from "../api/types.gen.ts";
import { deviceName, inSentence, power, withUnit } from "../words/format.ts";
import { modeName } from "../words/modes.ts";
import { quantityName, signWord, stateWord } from "../words/quantities.ts";

export type Role = DeviceInfo["role"];
export type Kind = "switch" | "choice" | "number";

export interface Option {
  value: Value;
  text: string;
}

export const quantityOf = (point: string): string => point.slice(point.indexOf(".") + 1);

/** What is done once when a person asks for it, and is no setting that holds: restarting a charger. */
export const isMomentary = (point: string): boolean => quantityOf(point) === "restart";

const isSwitch = (c: CommandInfo): boolean => quantityOf(c.point) === "on" || (c.low === 0 && c.high === 1 && c.step === 1);

export function kindOf(command: CommandInfo): Kind {
  if (options(command).length) return "choice";
  return isSwitch(command) ? "switch" : "number";
}

/** The named choices of a command; a number whose values have words (SG Ready) is a choice, too. */
export function options(command: CommandInfo, role?: Role): Option[] {
  if (command.choices.length) return command.choices.map((value) => ({ value, text: modeName(role, value) }));
  const quantity = quantityOf(command.point);
  const { low, high } = command;
  if (isSwitch(command) || low === null || high === null || stateWord(quantity, low) === undefined) return [];
  return Array.from({ length: high - low + 1 }, (_, i) => ({ value: low + i, text: stateWord(quantity, low + i) ?? String(low + i) }));
}

/** Something that can be asked of a device. */
export interface Topic {
  device: DeviceInfo;
  command: CommandInfo;
}

/** "Wallbox mode" */
export const subject = ({ device, command }: Topic): string =>
  `${deviceName(device.id)} ${quantityName(quantityOf(command.point)).toLowerCase()}`;

/** Where the slider of a limit of the house ends: nobody has said how much it could take. */
const MOST_W = 25_000;
const STEP_W = 500;

/** The scale of a command's slider. */
export function scale({ unit, low, high, step }: CommandInfo): { low: number; high: number; step: number } {
  const open = high === null && unit === "W";
  return { low: low ?? 0, high: high ?? (open ? MOST_W : 100), step: step || (open ? STEP_W : 1) };
}

interface Telling {
  /** As part of a sentence: 16 A, not 16.0 A. */
  said?: boolean;
  /** The same, and states with what they mean. */
  long?: boolean;
  role?: Role | undefined;
}

/** A point's value in words: states by name, the sign of a power by what it means. */
export function valueText(point: string, unit: string, value: Value, { long = false, said = long, role }: Telling = {}): string {
  const quantity = quantityOf(point);
  const sign = typeof value === "number" && unit === "W" ? signWord(role, quantity, value) : undefined;
  if (sign) return `${sign} ${power(Number(value))}`;
  if (quantity === "on") return withUnit(Boolean(value), "");
  if (quantity === "mode") return modeName(role, String(value));
  return stateWord(quantity, value, long) ?? (said ? inSentence(value, unit) : withUnit(value, unit));
}
