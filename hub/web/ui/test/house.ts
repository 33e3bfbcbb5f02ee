import type { DeviceInfo, PointState, Value } from "../src/api/types.gen.ts";

type Role = DeviceInfo["role"];

/** A device with the named quantities, connected. */
export const device = (id: string, role: Role, quantities: string[], behind = ""): DeviceInfo => ({
  id, uid: id, role, vendor: "", model: "", serial: "", firmware: "", behind,
  link: { driver: "test", address: "", state: "up", since: 0, reason: "" },
  points: quantities.map((q) => ({ id: `${id}.${q}`, quantity: q, unit: "W", kind: "gauge", writable: false })),
  commands: [],
});

export const HOUSE: DeviceInfo[] = [
  device("meter", "grid", ["power", "energy_import", "energy_export"]),
  device("roof", "inverter", ["power", "pv_power", "energy"]),
  device("store", "battery", ["power", "soc"], "roof"),
  device("box", "charger", ["power"]),
  device("pump", "heatpump", ["sg_ready"]),
  device("pump_meter", "meter", ["power"], "pump"),
  device("house", "house", ["consumption", "surplus", "autarky", "unexplained"]),
  device("tariff", "tariff", ["price_import"]),
  device("forecast", "forecast", ["pv_left_today", "load_tomorrow"]),
];

/** A reader over given values; null = stale since `t` 500. */
export const reader = (values: Record<string, Value | null>) => (id: string): PointState | undefined => {
  const v = values[id];
  return v === undefined ? undefined : { v, t: v === null ? 500 : 1000, q: v === null ? "stale" : "good" };
};
