import type { DeviceInfo } from "../api/types.gen.ts";

export type SpokeKind = "solar" | "grid" | "battery" | "car" | "heat" | "other" | "unexplained";

/** Which points make up the picture of this house; found by the devices' roles, never by their names. */
export interface Layout {
  solar: string[];
  grid: string[];
  battery: string[];
  car: string[];
  heat: string[];
  soc: string[];
  consumption: string | undefined;
  unexplained: string | undefined;
  autarky: string | undefined;
  surplus: string | undefined;
  price: string | undefined;
}

type Role = DeviceInfo["role"];

export function layoutOf(devices: readonly DeviceInfo[]): Layout {
  const of = (role: Role) => devices.filter((d) => d.role === role);
  const house = of("house")[0];
  const heatpumps = of("heatpump");
  return {
    solar: of("inverter").flatMap((d) => first(d, "pv_power", "power")),
    grid: of("grid").flatMap((d) => first(d, "power")),
    battery: of("battery").flatMap((d) => batteryPower(d, devices)),
    car: of("charger").flatMap((d) => first(d, "power")),
    heat: heatpumps.flatMap((d) => heatPower(d, devices)),
    soc: of("battery").flatMap((d) => first(d, "soc")),
    consumption: house && first(house, "consumption")[0],
    unexplained: house && first(house, "unexplained")[0],
    autarky: house && first(house, "autarky")[0],
    surplus: house && first(house, "surplus")[0],
    price: of("tariff").flatMap((d) => first(d, "price_import"))[0],
  };
}

/** All points that the picture is drawn from. */
export const pointsOf = (l: Layout): string[] =>
  [l.solar, l.grid, l.battery, l.car, l.heat, l.soc, l.consumption, l.unexplained].flat().filter((p) => p !== undefined);

export const pointOf = (device: DeviceInfo, quantity: string): string | undefined =>
  device.points.find((p) => p.quantity === quantity)?.id;

export const commandOf = (device: DeviceInfo, quantity: string): string | undefined =>
  device.commands.find((c) => c.point === `${device.id}.${quantity}`)?.point;

/** In which terms it can be asked to have taken something by a time. */
export const targetsOf = (device: DeviceInfo): string[] => ["target_soc", "target_energy"].filter((q) => commandOf(device, q));

function first(device: DeviceInfo, ...quantities: string[]): string[] {
  const found = quantities.map((q) => pointOf(device, q)).find((p) => p !== undefined);
  return found ? [found] : [];
}

/** A battery on the DC side of an inverter may have its power told by that inverter. */
function batteryPower(battery: DeviceInfo, devices: readonly DeviceInfo[]): string[] {
  const own = first(battery, "power", "battery_power");
  const inverter = devices.find((d) => d.id === battery.behind);
  return own.length || !inverter ? own : first(inverter, "battery_power");
}

/** A heat pump that does not measure itself is measured by the meter behind it. */
export function heatPower(heatpump: DeviceInfo, devices: readonly DeviceInfo[]): string[] {
  const own = first(heatpump, "power");
  return own.length ? own : devices.filter((d) => d.role === "meter" && d.behind === heatpump.id).flatMap((d) => first(d, "power"));
}
