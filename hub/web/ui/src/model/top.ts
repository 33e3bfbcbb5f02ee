import type { DeviceInfo, Energy } from "../api/types.gen.ts";
import { amountsOf, beside, devicesSince, spansOf, total, type Amount, type Source } from "./energy.ts";
import { pointOf } from "./layout.ts";
import { sinceOf } from "./since.ts";

/** A device whose use is measured, by itself or by the meter before it. */
export interface Consumer {
  id: string;
  role: DeviceInfo["role"];
  source: Source;
}

/** One line of the list; `id` null is the rest that no device accounts for. `share` is of all that was used, 0..1. */
export interface Place extends Amount {
  id: string | null;
  role: DeviceInfo["role"] | null;
  share: number;
}

const LOADS: ReadonlyArray<DeviceInfo["role"]> = ["charger", "heatpump", "plug", "light", "thermostat"];

export function consumersOf(devices: readonly DeviceInfo[]): Consumer[] {
  const metered = devices.filter((d) => d.role === "meter" && d.behind);
  const loads = devices.filter((d) => LOADS.includes(d.role));
  const found = loads.map((d) => ({ id: d.id, role: d.role, source: sourceOf(d, metered.filter((m) => m.behind === d.id)) }));
  const others = metered.filter((m) => !loads.some((d) => d.id === m.behind) && measuresLoad(m, devices));
  const meters = others.map((m) => ({ id: m.id, role: m.role, source: sourceOf(m, []) }));
  return [...found, ...meters].filter((c) => c.source.length);
}

/** A meter at an inverter or a battery measures no use. */
const measuresLoad = (meter: DeviceInfo, devices: readonly DeviceInfo[]): boolean =>
  !devices.some((d) => d.id === meter.behind && (d.role === "inverter" || d.role === "battery" || d.role === "grid"));

/** A counter before a power, and the device's own word before that of its meter. */
function sourceOf(device: DeviceInfo, meters: readonly DeviceInfo[]): Source {
  const own = [pointOf(device, device.role === "meter" ? "energy_import" : "energy"), pointOf(device, "power")];
  const theirs = meters.flatMap((m) => [pointOf(m, "energy_import"), pointOf(m, "power")]);
  const points = [own[0], theirs[0], own[1], theirs[1]].filter((p) => p !== undefined);
  return points.map((p) => ({ points: [p], way: "plus" }));
}

/** Who of those that were there used most, and what is left of all that was used. */
export function topOf(energy: Energy, consumers: readonly Consumer[], used: Source): Place[] {
  const spans = spansOf(energy);
  const all = total(amountsOf(energy, used), spans);
  const since = devicesSince(energy);
  const wasThere = (point: string) => (sinceOf(point, since) ?? -Infinity) < energy.end;
  const there = consumers.filter((c) => c.source.some((part) => part.points.some(wasThere)));
  const measured = (there.length ? there : consumers).map((c) => ({ ...total(amountsOf(energy, c.source), spans), id: c.id, role: c.role }));
  const sum = measured.reduce((a, m) => a + (m.wh ?? 0), 0);
  const whole = Math.max(all.wh ?? 0, sum);
  const places = measured.map((m) => ({ ...m, share: whole ? (m.wh ?? 0) / whole : 0 }));
  places.sort((a, b) => (b.wh ?? -1) - (a.wh ?? -1));
  if (all.wh === null || all.wh <= sum) return places;
  const marks = measured.reduce((a, m) => beside(a, m.marks), all.marks);
  return [...places, { id: null, role: null, wh: all.wh - sum, known: all.known, marks, share: (all.wh - sum) / whole }];
}
