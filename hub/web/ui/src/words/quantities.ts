import type { DeviceInfo } from "../api/types.gen.ts";
import { choice } from "./format.ts";

const NAMES: Record<string, string> = {
  power: "Power",
  pv_power: "Panel power (DC)",
  battery_power: "Battery power (DC)",
  energy_import: "Bought in total",
  energy_export: "Sold in total",
  energy: "Total energy",
  energy_charged: "Charged in total",
  energy_discharged: "Discharged in total",
  session_energy: "This charge",
  soc: "Level",
  soh: "Health",
  target_temperature: "Target temperature",
  target_energy: "Energy by a time",
  target_soc: "Car so full by a time",
  reserve: "Kept for a power cut",
  tank_temperature: "Hot water",
  battery_level: "Device battery",
  valve: "Valve",
  on: "Switch",
  current_limit: "Charging current",
  power_limit: "Power limit",
  power_setpoint: "Battery power",
  export_limit: "Export limit",
  import_limit: "Import limit",
  sg_ready: "Operating state",
  price_import: "Price",
  price_export: "Feed-in price",
  price_lowest: "Lowest, next 24 h",
  cheaper_today: "Cheaper than now, today",
  pv_left_today: "Sun, rest of today",
  pv_tomorrow: "Sun, tomorrow",
  pv_next_hour: "Sun, next hour",
  load_until_sunrise: "Use until sunrise",
  load_tomorrow: "Use, tomorrow",
  demand_import: "Mean import of this interval",
  peak_import: "Highest mean import so far",
  consumption: "Used at home",
  unexplained: "Unexplained",
  surplus: "Solar surplus",
  autarky: "Own supply",
  connected: "Car plugged in",
  error_code: "Error code",
  restart: "Restart",
  mode: "Mode",
  phases: "Phases",
  charge_limit: "Charging limit",
  discharge_limit: "Discharging limit",
  grid_charge: "Charge from the grid",
  min_soc: "Lowest level",
  max_soc: "Highest level",
  pv_surplus: "Surplus told",
  outdoor_temperature: "Outdoors",
  supply_temperature: "Supply",
  return_temperature: "Return",
  target_tank_temperature: "Hot water target",
  contact: "Contact",
  signal: "Radio signal",
};

/** A quantity of the vocabulary in words. */
export function quantityName(quantity: string): string {
  const phase = /^(.*)_l([123])$/.exec(quantity);
  return phase ? `${choice(phase[1]!)} L${phase[2]}` : (NAMES[quantity] ?? choice(quantity));
}

const SG_READY: Record<number, string> = { 1: "Block", 2: "Normal", 3: "Boost advised", 4: "Forced on" };
const SG_READY_LONG: Record<number, string> = {
  1: "blocked: the heat pump may not run",
  2: "normal: the heat pump decides itself",
  3: "boost advised: the heat pump is invited to run",
  4: "forced on: the heat pump has to run",
};

/** The words of a value that stands for a state, or undefined. */
export function stateWord(quantity: string, value: unknown, long = false): string | undefined {
  if (quantity === "connected") return value ? "Yes" : "No";
  return quantity === "sg_ready" ? (long ? SG_READY_LONG : SG_READY)[Number(value)] : undefined;
}

type Role = DeviceInfo["role"];

const SIGNS: Partial<Record<Role, [plus: string, minus: string]>> = {
  grid: ["buying", "selling"],
  battery: ["discharging", "charging"],
};

/** What the sign of a device's power means: "charging" for a battery's minus; undefined where plus is plain. */
export function signWord(role: Role | undefined, quantity: string, watts: number): string | undefined {
  if (Math.abs(watts) < 1) return undefined;
  const signs = quantity === "power_setpoint" || quantity === "battery_power" ? SIGNS.battery : role && SIGNS[role];
  return /^(battery_)?power(_setpoint)?(_l[123])?$/.test(quantity) ? signs?.[watts > 0 ? 0 : 1] : undefined;
}

const PHASES_AND_QUALITY = /(_l[123]$|^reactive|^apparent|^power_factor|^frequency|^voltage|^energy_(im|ex)port_t)/;

const FIRST_LOOK = [
  "power", "pv_power", "soc", "consumption", "surplus", "autarky", "status", "connected", "temperature",
  "price_import", "price_export", "tank_temperature", "humidity", "session_energy", "energy_import", "energy_export",
];

/** How early people look for a quantity; the rest follow in the device's own order. */
export const rank = (quantity: string): number => (FIRST_LOOK.indexOf(quantity) + 1 || FIRST_LOOK.length + 1);

/** Readings for specialists: in the list of all readings, never among a device's few figures. */
export const isDetail = (quantity: string): boolean => PHASES_AND_QUALITY.test(quantity);
