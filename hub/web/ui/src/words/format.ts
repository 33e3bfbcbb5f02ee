import type { Value } from "../api/types.gen.ts";
import { words } from "./index.ts";

const formats = new Map<string, Intl.NumberFormat>();

export function number(value: number, digits = 0): string {
  const key = String(digits);
  let format = formats.get(key);
  if (!format) {
    format = new Intl.NumberFormat(words.locale, { minimumFractionDigits: digits, maximumFractionDigits: digits });
    formats.set(key, format);
  }
  return format.format(Object.is(value, -0) || Math.abs(value) < 0.5 / 10 ** digits ? 0 : value);
}

const NBSP = "\u00a0";
const unit = (value: string, name: string): string => value + NBSP + name;

/** 740 W, 2.1 kW. The sign is told in words beside it. */
export function power(watts: number): string {
  const size = Math.abs(watts);
  return size < 999.5 ? unit(number(size), words.units.W) : kilowatts(watts);
}

/** 0.7 kW: the coarse figure of a calm sentence. */
export const kilowatts = (watts: number): string => unit(number(Math.abs(watts) / 1000, 1), words.units.kW);

/** 0.04 kWh, 12.3 kWh, 8,214 kWh: about three figures. */
export function energy(wattHours: number): string {
  const digits = wattHours < 9_995 ? 2 : wattHours < 99_950 ? 1 : 0;
  return unit(number(wattHours / 1000, digits), words.units.kWh);
}

export const percent = (value: number): string => unit(number(value), "%");

/** The bare amount, where the words beside it say "per kWh". */
export const amount = (value: number, currency: string): string => price(value, currency).replace("/kWh", "");

/** A price of the hub (1/100,000 currency unit per kWh): 28.7 ct/kWh, or 0.287 USD/kWh. */
export function price(value: number, currency: string): string {
  return currency === "EUR" || currency === ""
    ? unit(number(value / 1000, 1), "ct/kWh")
    : unit(number(value / 100_000, 3), `${currency}/kWh`);
}

/** 45 min, 3 h, 3 h 15 min. */
function minutes(value: number): string {
  const [hours, rest] = [Math.floor(Math.round(value) / 60), Math.round(value) % 60];
  return [hours ? unit(number(hours), "h") : "", rest || !hours ? unit(number(rest), "min") : ""].filter(Boolean).join(" ");
}

const QUIET_UNITS: Record<string, [digits: number, name: string]> = {
  V: [0, "V"],
  A: [1, "A"],
  Hz: [2, "Hz"],
  degC: [1, words.units.degC],
  "%": [0, "%"],
  var: [0, "var"],
  VA: [0, "VA"],
  m3: [2, "m³"],
  "W/m2": [0, "W/m²"],
};

/** Any point's value with its unit, as people write it; signs stay, for lists of readings. */
export function withUnit(value: Value, unitName: string, currency = "EUR"): string {
  if (typeof value === "boolean") return value ? words.control.on : words.control.off;
  if (typeof value === "string") return choice(value);
  if (unitName === "W") return value < -0.5 ? `\u2212${power(value)}` : power(value);
  if (unitName === "Wh") return energy(value);
  if (unitName === "1e-5/kWh") return price(value, currency);
  if (unitName === "min") return minutes(value);
  const known = QUIET_UNITS[unitName];
  return known ? unit(number(value, known[0]), known[1]) : number(value, Number.isInteger(value) ? 0 : 2);
}

/** The same in a sentence: 16 A, not 16.0 A. */
export function inSentence(value: Value, unitName: string): string {
  const known = typeof value === "number" ? QUIET_UNITS[unitName] : undefined;
  const whole = known && Math.abs(Number(value) - Math.round(Number(value))) < 0.5 / 10 ** known[0];
  return whole ? unit(number(Number(value)), known[1]) : withUnit(value, unitName);
}

/** no_vehicle -> No vehicle: the words of states. */
export const choice = (value: string): string => (value.charAt(0).toUpperCase() + value.slice(1)).replaceAll("_", " ");

const KNOWN_WORDS: Record<string, string> = { pv: "PV", tv: "TV", ev: "EV", p1: "P1", rtu: "RTU", ac: "AC", dc: "DC", heatpump: "Heat pump" };

/** plug_tv -> Plug TV, wallbox2 -> Wallbox 2: a device's slug as a name. */
export function deviceName(id: string): string {
  const parts = id.split(/[_-]/).flatMap((p) => (KNOWN_WORDS[p] ? [p] : p.split(/(?<=[a-z])(?=\d)/)));
  const name = parts.map((p) => KNOWN_WORDS[p] ?? p).join(" ");
  return name.charAt(0).toUpperCase() + name.slice(1);
}

export function age(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 120) return words.age.seconds(s);
  if (s < 7_200) return words.age.minutes(Math.round(s / 60));
  if (s < 172_800) return words.age.hours(Math.round(s / 3600));
  return words.age.days(Math.round(s / 86_400));
}

/** 214 MB, 1.1 GB: as people count bytes of a card. */
export function bytes(count: number): string {
  const [size, name] = count < 999_500 ? [count / 1e3, "kB"] : count < 999_500_000 ? [count / 1e6, "MB"] : [count / 1e9, "GB"];
  return unit(number(size, size < 9.95 ? 1 : 0), name);
}
