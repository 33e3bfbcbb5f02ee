import type { CommandInfo, DeviceInfo } from "../../api/types.gen.ts";
import { isMomentary, kindOf, options, quantityOf, type Option } from "../../control/kind.ts";
import { deviceName } from "../../words/format.ts";
import { plans } from "../../words/plans.ts";
import { quantityName } from "../../words/quantities.ts";
import type { Comparable } from "./condition.ts";

export interface Named {
  point: string;
  /** Said by itself: "Wallbox mode". */
  name: string;
}

export interface Group<T extends Named> {
  name: string;
  points: T[];
}

export interface Target extends Named {
  device: DeviceInfo;
  command: CommandInfo;
}

export interface Reading extends Named, Comparable {
  /** As the language writes it and as people read it. */
  writes: string;
  said: string;
}

/** What may be asked of the house, and what may be looked at, with the names that people know. */
export class House {
  readonly targets: Group<Target>[];
  readonly readings: Group<Reading>[];
  readonly currency: string;
  #targets: Map<string, Target>;
  #readings: Map<string, Reading>;

  constructor(devices: readonly DeviceInfo[], currency: string) {
    this.currency = currency;
    this.targets = groups(devices, (d) => askable(d).map((command) => ({ point: command.point, name: nameOf(command.point), device: d, command })));
    this.readings = groups([...devices].sort((a, b) => early(a) - early(b)), (d) => readingsOf(d, currency));
    this.#targets = byPoint(this.targets);
    this.#readings = byPoint(this.readings);
  }

  target = (point: string): Target | undefined => this.#targets.get(point);
  reading = (point: string): Reading | undefined => this.#readings.get(point);
}

/** No rule and no schedule restarts a device. */
const askable = (d: DeviceInfo): CommandInfo[] => d.commands.filter((c) => !isMomentary(c.point));

/** What rules look at most comes first. */
const early = (d: DeviceInfo): number => ["house", "tariff", "forecast", "grid", "battery", "inverter"].indexOf(d.role) + 1 || 9;

const byPoint = <T extends Named>(all: Group<T>[]): Map<string, T> => new Map(all.flatMap((g) => g.points.map((p) => [p.point, p] as const)));

const groups = <T extends Named>(devices: readonly DeviceInfo[], of: (d: DeviceInfo) => T[]): Group<T>[] =>
  devices.map((d) => ({ name: deviceName(d.id), points: of(d) })).filter((g) => g.points.length > 0);

/** house.surplus -> Solar surplus; wallbox.mode -> Wallbox mode; plug_tv.on -> Plug TV. */
export function nameOf(point: string): string {
  const device = deviceName(point.slice(0, point.indexOf(".")));
  const quantity = quantityOf(point);
  return plans.points[point] ?? (quantity === "on" ? device : `${device} ${lower(quantityName(quantity))}`);
}

/** No capital inside a sentence, unless it is a short form. */
export const lower = (text: string): string => (/^[A-Z][a-z ]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text);

const SAID: Record<string, [writes: string, said: string]> = {
  Wh: ["kWh", "kWh"],
  degC: ["degC", "°C"],
  "%": ["%", "%"],
  W: ["W", "W"],
  V: ["V", "V"],
  A: ["A", "A"],
  Hz: ["Hz", "Hz"],
  min: ["h", "h"],
};

function readingsOf(device: DeviceInfo, currency: string): Reading[] {
  return device.points.map(({ id, unit, kind }): Reading => {
    const quantity = quantityOf(id);
    const command = device.commands.find((c) => c.point === id);
    const states = STATES[quantity]?.[device.role] ?? [];
    const words = command?.choices.length ? command.choices : states;
    const compared = words.length ? "word" : kind === "state" && /^(on|connected)$/.test(quantity) ? "switch" : "number";
    const [writes, said] = unit === "1e-5/kWh" ? priced(currency) : (SAID[unit] ?? ["", ""]);
    return { point: id, name: nameOf(id), unit, kind: compared, words, writes, said };
  });
}

const priced = (currency: string): [string, string] => (currency === "EUR" ? ["ct/kWh", "ct/kWh"] : ["cur/kWh", `${currency}/kWh`]);

const STATES: Record<string, Partial<Record<DeviceInfo["role"], string[]>>> = {
  status: {
    charger: ["no_vehicle", "ready", "charging", "paused", "locked", "derating", "fault"],
    inverter: ["off", "sleeping", "starting", "running", "throttled", "stopping", "standby", "fault"],
    battery: ["charging", "discharging", "idle", "full", "empty", "standby", "off", "fault"],
    heatpump: ["off", "standby", "heating", "running", "locked", "fault"],
  },
};

/** The values of a command that has words, and undefined for one that has numbers. */
export const choicesOf = ({ device, command }: Target): Option[] | undefined => {
  const kind = kindOf(command);
  if (kind === "switch") return [{ value: "on", text: plans.on }, { value: "off", text: plans.off }];
  return kind === "choice" ? options(command, device.role) : undefined;
};
