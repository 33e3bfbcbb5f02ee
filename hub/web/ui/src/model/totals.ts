import type { DeviceInfo, History } from "../api/types.gen.ts";
import { pointOf, type Layout } from "./layout.ts";
import { added, axis, type Column } from "./series.ts";

/** Energy of a day in Wh. `counted`: from the device's own counter, else summed up from power. */
export interface Total {
  wh: number;
  counted: boolean;
}

export interface Totals {
  made?: Total | undefined;
  used?: Total | undefined;
  bought?: Total | undefined;
  sold?: Total | undefined;
  charged?: Total | undefined;
  discharged?: Total | undefined;
}

const of = (devices: readonly DeviceInfo[], role: DeviceInfo["role"], quantity: string): string[] =>
  devices.filter((d) => d.role === role).flatMap((d) => pointOf(d, quantity) ?? []);

/** The counters that the totals are taken from where a device has them. */
export const countersOf = (devices: readonly DeviceInfo[]): string[] => [
  ...of(devices, "grid", "energy_import"),
  ...of(devices, "grid", "energy_export"),
  ...madeCounters(devices),
  ...of(devices, "battery", "energy_charged"),
  ...of(devices, "battery", "energy_discharged"),
];

/** The AC counter of a hybrid inverter holds what its battery gave, too: then solar is summed up from power. */
function madeCounters(devices: readonly DeviceInfo[]): string[] {
  const inverters = devices.filter((d) => d.role === "inverter");
  const hybrid = inverters.some((i) => devices.some((d) => d.role === "battery" && d.behind === i.id));
  const counters = of(devices, "inverter", "energy");
  return hybrid || counters.length < inverters.length ? [] : counters;
}

export function totalsOf(devices: readonly DeviceInfo[], layout: Layout, history: History): Totals {
  const t = axis(history);
  const power = (points: readonly string[]) => added(history, points, t);
  const either = (counters: readonly string[], column: Column, sign: 1 | -1) =>
    counted(history, counters) ?? summed(column, sign, history.step_ms);
  return {
    made: either(madeCounters(devices), power(layout.solar), 1),
    used: layout.consumption ? summed(power([layout.consumption]), 1, history.step_ms) : undefined,
    bought: either(of(devices, "grid", "energy_import"), power(layout.grid), 1),
    sold: either(of(devices, "grid", "energy_export"), power(layout.grid), -1),
    charged: either(of(devices, "battery", "energy_charged"), power(layout.battery), -1),
    discharged: either(of(devices, "battery", "energy_discharged"), power(layout.battery), 1),
  };
}

function counted(history: History, counters: readonly string[]): Total | undefined {
  const series = counters.map((c) => history.series[c]?.last.filter((v) => typeof v === "number") ?? []);
  if (!series.length || series.some((s) => s.length === 0)) return undefined;
  return { wh: series.reduce((a, s) => a + risen(s), 0), counted: true };
}

/** How far a counter has gone; a reset or a swapped meter starts anew and takes nothing away. */
export const risen = (values: readonly number[]): number =>
  values.reduce((a, v, i) => a + (i ? Math.max(0, v - values[i - 1]!) : 0), 0);

/** The part of a power with the given sign, as energy; gaps count for nothing. */
function summed(column: Column, sign: 1 | -1, stepMs: number): Total | undefined {
  const known = column.filter((v) => v !== null);
  if (!known.length) return undefined;
  return { wh: known.reduce<number>((a, v) => a + Math.max(0, sign * v) * (stepMs / 3_600_000), 0), counted: false };
}
