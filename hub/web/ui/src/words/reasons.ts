import type { ReasonInfo, Value } from "../api/types.gen.ts";
import { deviceName, number, power, withUnit } from "./format.ts";
import { quantityName } from "./quantities.ts";

type Numbers = Record<string, Value>;
type Sentence = (n: Numbers) => string;

const amps = (v: Value | undefined): string => withUnit(Number(v ?? 0), "A");
const watts = (v: Value | undefined): string => power(Number(v ?? 0));
const percents = (v: Value | undefined): string => withUnit(Number(v ?? 0), "%");
const seconds = (v: Value | undefined): string => {
  const s = Number(v ?? 0);
  return s < 120 ? `${number(s, 0)} s` : `${number(s / 60, 0)} min`;
};
const phases = (v: Value | undefined): string => (Number(v ?? 3) === 1 ? "one phase" : `${told(v ?? 3)} phases`);

/** Who wishes, for the start of a sentence. */
const SOURCES: Record<string, string> = {
  safety: "safety",
  grid_operator: "what the grid operator demands",
  site: "a limit of the house",
  person: "what a person wants",
  rule: "a rule",
  plan: "the plan",
  default: "the chosen mode",
};

const whose = (n: Numbers): string => (n["source"] === "grid_operator" ? " (the grid operator's limit)" : "");

function told(v: Value | undefined): string {
  if (typeof v === "boolean") return v ? "on" : "off";
  return typeof v === "number" ? number(v, Number.isInteger(v) ? 0 : 1) : String(v ?? "");
}

function range(n: Numbers): string {
  const low = n["low"] === undefined ? "" : `from ${told(n["low"])}`;
  const high = n["high"] === undefined ? "" : `up to ${told(n["high"])}`;
  return `${low} ${high}`.trim();
}

const detail = (text: string): Sentence => (n) => (n["detail"] ? `${text} (${told(n["detail"])})` : text);

/** grid.power -> power of Grid. */
export function pointName(id: string): string {
  const [device = "", quantity = ""] = id.split(".");
  return quantity ? `${deviceName(device)}: ${quantityName(quantity).toLowerCase()}` : deviceName(device);
}

/** Each reason code of the hub as a sentence with its numbers. */
export const REASONS: Record<string, Sentence> = {
  confirmed: () => "the device's own reading shows it",
  no_answer: detail("the device did not answer"),
  device_refused: detail("the device said no"),
  device_ignored: (n) => `the device took the order but still reads ${told(n["reading"])}`,
  pending: () => "the device takes its time; its own reading will tell",
  not_saved: () => "but the disk did not take it: after a restart the hub will not know of it",
  bad_value: (n) => `${told(n["asked"])} is not possible; it must be ${told(n["wanted"])}`,
  out_of_range: (n) => `${told(n["asked"])} is outside ${told(n["low"])} to ${told(n["high"])}`,
  unknown_point: () => "there is no such point",
  not_writable: () => "this cannot be set",
  only_watching: () => "this hub only watches: it was started not to write to any device",
  no_end_possible: () => "it has no end to set: nothing would change by itself when the time is over",
  hub_silent: () => "the hub did not answer",
  hub_failed: (n) => `the hub could not take it: ${told(n["detail"])}`,

  person_asked: () => "a person wants it so",
  rule_asked: () => "a rule wants it so",
  plan_asked: () => "the plan wants it so",
  grid_operator_asked: () => "the grid operator demands it",
  site_asked: () => "a limit of the house demands it",
  safety_asked: () => "safety demands it",
  default_asked: () => "this is the usual setting",
  person_limit: (n) => `a person allows ${told(n["limit"])} at most`,
  rule_limit: (n) => `a rule allows ${told(n["limit"])}`,
  plan_limit: (n) => `the plan allows ${told(n["limit"])}`,
  grid_operator_limit: (n) => `the grid operator allows ${told(n["limit"])}`,
  site_limit: (n) => `the house allows ${told(n["limit"])}`,
  safety_limit: (n) => `safety allows ${told(n["limit"])}`,
  default_limit: (n) => `the usual setting allows ${told(n["limit"])}`,
  set_at_device: (n) => `somebody set ${told(n["value"])} at the device itself or in its app`,
  given_back: () => "the wish was taken back",
  lease_ended: () => "the time of this wish is over",
  mode_chosen: (n) => `a mode was chosen afterwards: ${told(n["mode"])}`,

  charge_off: () => "charging is switched off",
  charge_fast: (n) => `fast charging: as much as the car takes, up to ${amps(n["limit_a"])}`,
  charge_solar: (n) => `solar charging: the sun leaves ${amps(n["surplus_a"])} for the car`,
  charge_min_solar: (n) =>
    `at least ${amps(n["min_a"])}, more when the sun gives more; it leaves ${amps(n["surplus_a"])} now`,
  no_surplus: (n) => `not enough sun: ${amps(n["surplus_a"])} left over, charging starts from ${amps(n["min_a"])}`,
  phases_kept: (n) => `the car stays on ${phases(n["phases"])}`,
  phases_by_sun: (n) => `the sun leaves ${watts(n["surplus_w"])}: another number of phases suits better`,
  phase_switch: (n) => `the charger is switching to ${phases(n["phases"])}; the car goes on when that is done`,
  phase_switch_rate: (n) => `another number of phases would suit better, but the last switch is too recent: ${seconds(n["wait_s"])} to go`,
  pause_time: (n) => `a limit has paused the car; it goes on in ${seconds(n["wait_s"])} at the earliest`,
  wait_hysteresis: (n) =>
    `enough sun (${amps(n["surplus_a"])}); waiting ${number(Number(n["wait_s"] ?? 0))} s more to be sure it lasts`,
  fuse_limit: (n) =>
    `the ${told(n["circuit"] ?? "house")} fuse of ${amps(n["fuse_a"])} leaves ${amps(n["free_a"])}` +
    (n["phase"] ? ` on L${told(n["phase"])}` : ""),
  import_limit: (n) => `the house may take ${watts(n["limit_w"])} from the grid${whose(n)}, and ${watts(n["free_w"])} of it is left`,
  export_limit: (n) => `the house may feed in ${watts(n["limit_w"])}${whose(n)}, and ${watts(n["free_w"])} is left for this`,
  unbalanced: (n) => `the phases may differ by ${amps(n["limit_a"])}, which leaves ${amps(n["free_a"])}`,
  overruled: (n) => `${SOURCES[told(n["source"])] ?? told(n["source"])} comes first`,
  ramp: (n) => `its power grows by ${watts(n["per_s"])} a second at most`,
  least_time: (n) => `it was switched a moment ago and stays so for ${seconds(n["wait_s"])} more, to spare the device`,
  write_budget: (n) =>
    `the device keeps this in a memory that wears out: ${told(n["writes_a_day"])} changes a day at most, and they are used up for now`,

  battery_hold: () => "the battery is on hold: it neither charges nor discharges",
  battery_charge: (n) => `the battery is being charged with up to ${watts(n["power_w"])}`,
  self_consumption: (n) =>
    `the battery balances the house: the grid ${Number(n["grid_w"] ?? 0) < 0 ? "took" : "gave"} ${watts(n["grid_w"])}, ` +
    `the battery ${Number(n["battery_w"] ?? 0) < 0 ? "took" : "gave"} ${watts(n["battery_w"])}`,
  soc_floor: (n) => `the battery is at ${percents(n["soc"])}, its floor is ${percents(n["floor"])}`,
  battery_discharge: (n) => `the battery is being emptied with up to ${watts(n["power_w"])}`,
  hidden_sun: (n) =>
    `the roof is held back by the limit on feeding in and may make up to ${watts(n["hidden_w"])} more: the battery tries it`,
  spares_battery: (n) =>
    `the battery serves the house and not the car, which draws ${watts(n["car_w"])} from the grid as it was told to`,
  outage_reserve: (n) => `the battery is at ${percents(n["soc"])}; ${percents(n["floor"])} of it is kept for a power cut`,
  makes_all: () => "nothing limits it: it makes what it can",
  pump_normal: () => "the heat pump runs as it likes",
  pump_boost: () => "the heat pump is asked to store more heat",
  guaranteed_power: (n) => `nobody but you may take away the ${watts(n["guaranteed_w"])} that the heat pump is guaranteed`,
  sun_enough: (n) => `the sun has left ${watts(n["needed_w"])} and more for a while`,
  sun_lasts: () => "the sun still leaves enough",
  sun_gone: () => "the sun does not leave enough any more",
  sun_short: (n) => `not enough sun: it starts when ${watts(n["needed_w"])} are left over`,
  sun_waits: (n) => `enough sun (${watts(n["needed_w"])}); waiting ${seconds(n["wait_s"])} more to be sure it lasts`,
  soc_ceiling: (n) => `the battery is at ${percents(n["soc"])}, its ceiling is ${percents(n["ceiling"])}`,
  rated_power: () => "this is the most the battery can do",
  rated_current: (n) => `this installation takes ${amps(n["max_a"])} at most`,
  below_minimum: (n) => `a car charges from ${amps(n["min_a"])} on; less is none`,
  device_range: (n) => `the device itself takes ${range(n) || "no more"}`,
  stale_input: (n) =>
    n["point"] ? `${pointName(told(n["point"]))} is not known at the moment, so the safe value holds` : "a needed reading is missing, so the safe value holds",

  link_up: () => "the device answers again",
  link_lost: detail("the device stopped answering"),
  link_connecting: () => "looking for the device",
  started: (n) => `the hub started (version ${told(n["version"])})`,
  stopped: () => "the hub stopped",
  clock_step: (n) =>
    `the hub's clock was set by ${told(n["step_s"])} s${n["trusted"] === false ? " and is not yet trusted" : ""}`,
  late_beat: (n) => `the hub was held up for ${told(n["late_s"])} s`,
};

/** A reason as a sentence; a code this page does not know yet is shown as it is, with its numbers. */
export function sentence(reason: ReasonInfo): string {
  const known = REASONS[reason.code];
  if (known) return known(reason.numbers);
  const numbers = Object.entries(reason.numbers).map(([name, value]) => `${name} ${told(value)}`);
  return numbers.length ? `${reason.code} (${numbers.join(", ")})` : reason.code;
}

/** "to 9 A: the house fuse of 35 A leaves 9 A" */
export function limitation(reason: ReasonInfo, applied: string): string {
  return `to ${applied}: ${sentence(reason)}`;
}

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
