import type { DeviceInfo } from "../api/types.gen.ts";
import type { SpokeKind } from "../model/layout.ts";
import type { IconName } from "./icons.ts";

type Role = DeviceInfo["role"];

interface Look {
  icon: IconName;
  colour: "pv" | "grid" | "battery" | "car" | "heat" | "home";
}

export const ROLES: Record<Role, Look> = {
  grid: { icon: "grid", colour: "grid" },
  inverter: { icon: "sun", colour: "pv" },
  battery: { icon: "battery", colour: "battery" },
  charger: { icon: "car", colour: "car" },
  heatpump: { icon: "heat", colour: "heat" },
  plug: { icon: "plug", colour: "home" },
  light: { icon: "light", colour: "home" },
  thermostat: { icon: "room", colour: "heat" },
  sensor: { icon: "room", colour: "grid" },
  meter: { icon: "meter", colour: "home" },
  tariff: { icon: "price", colour: "grid" },
  forecast: { icon: "plans", colour: "pv" },
  house: { icon: "home", colour: "home" },
};

export const SPOKES: Record<SpokeKind, Look> = {
  solar: ROLES.inverter,
  grid: ROLES.grid,
  battery: ROLES.battery,
  car: ROLES.charger,
  heat: ROLES.heatpump,
  other: { icon: "other", colour: "home" },
  unexplained: { icon: "unexplained", colour: "home" },
};

/** The hub's own devices, whose names are the same words: they have no wire, and stay. */
export const OWN: readonly Role[] = ["house", "tariff", "forecast"];

/** The order in which people look for things. */
export const ORDER: readonly Role[] = [
  "inverter", "battery", "grid", "charger", "heatpump", "plug", "light", "thermostat", "meter", "sensor", "tariff", "forecast", "house",
];
