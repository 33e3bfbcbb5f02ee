import type { ReasonInfo, Value } from "../api/types.gen.ts";
import { deviceName, energy, number } from "./format.ts";
import { quantityName } from "./quantities.ts";
import { amps, cents, on, percents, phases, seconds, SOURCES, told, until, watts, type Numbers } from "./told.ts";

type Say = (v: Value | undefined) => string;
type Sentence = (n: Numbers, say: Say) => string;

const whose = (n: Numbers): string => (n["source"] === "grid_operator" ? " (the grid operator's limit)" : "");

function range(n: Numbers, say: Say): string {
  const low = n["low"] === undefined ? "" : `from ${say(n["low"])}`;
  const high = n["high"] === undefined ? "" : `up to ${say(n["high"])}`;
  return `${low} ${high}`.trim();
}

/** "outside 6 A to 16 A", or the one end that there is. */
function outside(n: Numbers, say: Say): string {
  if (n["high"] === undefined) return `too little: ${say(n["low"])} at least`;
  return n["low"] === undefined ? `too much: ${say(n["high"])} at most` : `outside ${say(n["low"])} to ${say(n["high"])}`;
}

/** What the sun leaves for a car: never less than nothing. */
const sun = (n: Numbers): string => (Number(n["surplus_a"] ?? 0) <= 0 ? "nothing" : amps(n["surplus_a"]));

const fuse = (n: Numbers): string => (n["circuit"] === undefined || n["circuit"] === "main" ? "house" : deviceName(told(n["circuit"])).toLowerCase());

const detail = (text: string): Sentence => (n) => (n["detail"] ? `${text} (${told(n["detail"])})` : text);

/** grid.power -> power of Grid. */
export function pointName(id: string): string {
  const [device = "", quantity = ""] = id.split(".");
  return quantity ? `${deviceName(device)}: ${quantityName(quantity).toLowerCase()}` : deviceName(device);
}

/** What a plan counts with: the value of what is stored, and what it is held against. */
const worth = (n: Numbers): string => `a stored kWh is worth ${cents(n["value"])}`;
const costs = (n: Numbers): string => (n["price"] === undefined ? "" : `, one from the grid costs ${cents(n["price"])}`);
const earns = (n: Numbers): string => (n["price"] === undefined ? "" : `, one fed in earns ${cents(n["price"])}`);
const atPrice = (n: Numbers): string => (n["price"] === undefined ? "" : ` (a kWh from the grid costs ${cents(n["price"])} now)`);

/** How warm what a heat pump warms is by now: "; the house has 21.3 °C, the hot water 48.0 °C". */
function warmth(n: Numbers): string {
  const stores = ([["room_c", "the house has"], ["tank_c", "the hot water"]] as const).filter(([key]) => n[key] !== undefined);
  const said = stores.map(([key, text], i) => `${i === 0 && key === "tank_c" ? `${text} has` : text} ${number(Number(n[key]), 1)}\u00a0°C`);
  return said.length ? `; ${said.join(", ")}` : "";
}

/** Each reason code of the hub as a sentence with its numbers. */
export const REASONS: Record<string, Sentence> = {
  confirmed: () => "the device's own reading shows it",
  taken_not_shown: () => "the device took it, and does not show what it was told",
  no_answer: detail("the device did not answer"),
  device_refused: detail("the device said no"),
  device_ignored: (n, say) => `the device took the order but still reads ${say(n["reading"])}`,
  pending: () => "the device takes its time; its own reading will tell",
  not_saved: () => "but the disk did not take it: after a restart the hub will not know of it",
  bad_value: (n) => `${told(n["asked"])} is not possible; it must be ${told(n["wanted"])}` + (n["near"] === undefined ? "" : `; did you mean ${told(n["near"])}?`),
  out_of_range: (n, say) => `${say(n["asked"])} is ${outside(n, say)}`,
  between_steps: (n) => `${told(n["asked"])} is between two steps, which are ${told(n["step"])} apart`,
  not_in_force: () => "the hub did not take it over",
  unknown_point: () => "there is no such point",
  not_writable: () => "this cannot be set",
  only_watching: () => "this hub only watches: it was started not to write to any device",
  begins_at_once: () => "only a target can begin later; this is done at once",
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
  as_it_was: () => "this is what it was before a wish, a rule or a limit changed it for a time",
  person_limit: (n, say) => `a person limits it to ${say(n["limit"])}`,
  rule_limit: (n, say) => `a rule limits it to ${say(n["limit"])}`,
  plan_limit: (n, say) => `the plan limits it to ${say(n["limit"])}`,
  grid_operator_limit: (n, say) => `the grid operator limits it to ${say(n["limit"])}`,
  site_limit: (n, say) => `the house limits it to ${say(n["limit"])}`,
  safety_limit: (n, say) => `safety limits it to ${say(n["limit"])}`,
  default_limit: (n, say) => `the usual setting limits it to ${say(n["limit"])}`,
  set_at_device: (n, say) => `somebody set ${say(n["value"])} at the device itself or in its app`,
  given_back: () => "the wish was taken back",
  lease_ended: () => "the time of this wish is over",
  replaced: (n, say) => `it was asked for otherwise afterwards: ${say(n["value"])}`,
  mode_chosen: (n) => `a mode was chosen afterwards: ${told(n["mode"])}`,

  charge_off: () => "charging is switched off",
  charge_fast: (n) => `fast charging: as much as the car takes, up to ${amps(n["limit_a"])}`,
  charge_solar: (n) => `solar charging: the sun leaves ${sun(n)} for the car`,
  charge_min_solar: (n) =>
    `at least ${amps(n["min_a"])}, more when the sun gives more; it leaves ${sun(n)} now`,
  no_surplus: (n) => `not enough sun: it leaves ${sun(n)}, and charging starts from ${amps(n["min_a"])}`,
  target_cheap: (n) =>
    `${energy(Number(n["left_wh"] ?? 0))} are still to be charged, and this is one of the cheapest hours left`,
  target_now: (n) =>
    `${energy(Number(n["left_wh"] ?? 0))} are still to be charged, and the time is only just enough`,
  target_waits: (n) =>
    `${energy(Number(n["left_wh"] ?? 0))} are still to be charged; cheaper hours or the sun are yet to come`,
  phases_kept: (n) => `the car stays on ${phases(n["phases"])}`,
  phases_by_sun: (n) => `the sun leaves ${watts(n["surplus_w"])}: another number of phases suits better`,
  phases_by_room: (n) => `on three phases there is too little room to charge at all; on one there are ${amps(n["room_a"])}`,
  phase_switch: (n) => `the charger is switching to ${phases(n["phases"])}; the car goes on when that is done`,
  phase_switch_rate: (n) => `the charger switches to ${phases(n["phases"])} in ${seconds(n["wait_s"])} at the earliest: more often would wear its contactor out`,
  pause_time: (n) => `a limit has paused the car; it goes on in ${seconds(n["wait_s"])} at the earliest`,
  wait_hysteresis: (n) =>
    `enough sun (${amps(n["surplus_a"])}); waiting ${seconds(n["wait_s"])} more to be sure it lasts`,
  not_shown_yet: (n) =>
    `it was told ${amps(n["limit_a"])} a moment ago, and its charger has not shown yet what it draws of that`,
  fuse_limit: (n) =>
    `the ${fuse(n)} fuse of ${amps(n["fuse_a"])} leaves ${amps(n["free_a"])}${on(n)}`,
  import_limit: (n) =>
    `the house may take ${watts(n["limit_w"])} from the grid${whose(n)}, which leaves ${watts(n["free_w"])} for this` +
    (n["least_w"] === undefined ? "" : `; it needs ${watts(n["least_w"])} at least`),
  export_limit: (n) => `the house may feed in ${watts(n["limit_w"])}${whose(n)}, which leaves ${watts(n["free_w"])} for this`,
  unbalanced: (n) => `the phases may differ by ${amps(n["limit_a"])} at most, which leaves ${amps(n["free_a"])}`,
  overruled: (n, say) =>
    `${SOURCES[told(n["source"])] ?? told(n["source"])} comes first` + (n["limit"] === undefined ? "" : ` (${say(n["limit"])})`),
  ramp: (n) => `its power grows by ${watts(n["per_s"])} a second at most`,
  least_time: (n) => `it was switched a moment ago and stays so for ${seconds(n["wait_s"])} more, to spare the device`,
  write_budget: (n) =>
    `the device keeps this in a memory that wears out: ${told(n["writes_a_day"])} changes a day at most, and they are used up for now`,

  battery_hold: () => "the battery is on hold: it neither charges nor discharges",
  battery_charge: (n) => `the battery is being charged with up to ${watts(n["power_w"])}`,
  self_consumption: (n) =>
    `the battery evens out what the house needs: the grid ${Number(n["grid_w"] ?? 0) < 0 ? "took" : "gave"} ${watts(n["grid_w"])}, ` +
    `the battery ${Number(n["battery_w"] ?? 0) < 0 ? "took" : "gave"} ${watts(n["battery_w"])}`,
  plan_store: (n) => `the plan stores what is left over${until(n["until"])}: ${worth(n)}${earns(n)}`,
  plan_lets_go: (n) => `the plan feeds in what is left over${until(n["until"])}: ${worth(n)}${earns(n)}`,
  plan_covers: (n) => `the battery gives what the house needs${until(n["until"])}: ${worth(n)}${costs(n)}`,
  plan_holds: (n) => `the plan keeps what is stored for dearer hours${until(n["until"])}: ${worth(n)}${costs(n)}`,
  plan_shaves: (n) =>
    `the plan takes no more than ${watts(n["import_w"])} from the grid${until(n["until"])}, as the highest power is charged for: ${worth(n)}`,
  plan_charges: (n) => `the plan charges with ${watts(n["power_w"])}${until(n["until"])}: ${worth(n)}${costs(n)}`,
  plan_sells: (n) => `the plan sells ${watts(n["power_w"])}${until(n["until"])}: ${worth(n)}${earns(n)}`,
  plan_car: (n) => `the plan charges the car with ${watts(n["power_w"])}${until(n["until"])}${atPrice(n)}`,
  plan_car_shaves: (n) =>
    `of the ${watts(n["power_w"])} of the plan the car gets what leaves no more than ${watts(n["import_w"])} from the grid${until(n["until"])}, as the highest power is charged for`,
  plan_car_waits: (n) => `by the plan the car waits${until(n["until"])}${atPrice(n)}`,
  plan_phases: (n) => `another number of phases suits the ${watts(n["power_w"])} of the plan better`,
  plan_boost: (n) => `the plan has the heat pump store more heat${until(n["until"])}${atPrice(n)}${warmth(n)}`,
  plan_normal: (n) => `by the plan the heat pump runs as it likes${until(n["until"])}${atPrice(n)}${warmth(n)}`,
  plan_rests: (n) => `by the plan the heat pump rests, as it is warm enough${until(n["until"])}${atPrice(n)}${warmth(n)}`,
  plan_switch: (n) => `the plan wants it so${until(n["until"])}${atPrice(n)}`,
  plan_gone: (n) => `the plan that switched it on is gone; it is switched off in ${seconds(n["wait_s"])}`,
  no_plan: (n) => `${n["lacks"] === "price" ? "the price is not known, so the plan cannot be followed" : "there is no plan for it now"}${instead(n)}`,

  soc_floor: (n) => `the battery is at ${percents(n["soc"])}, its floor is ${percents(n["floor"])}`,
  battery_discharge: (n) => `the battery is being emptied with up to ${watts(n["power_w"])}`,
  hidden_sun: (n) =>
    `the limit on feeding in holds the roof back, which may make up to ${watts(n["hidden_w"])} more: the battery tries it`,
  spares_battery: (n) =>
    `the battery serves the house, not the car: that takes its ${watts(n["car_w"])} from the grid, as it was told to`,
  outage_reserve: (n) => `the battery is at ${percents(n["soc"])}; ${percents(n["floor"])} of it is kept for a power cut`,
  makes_all: () => "nothing limits it: it makes what it can",
  pump_normal: () => "the heat pump runs as it likes",
  pump_boost: () => "the heat pump is asked to store more heat",
  guaranteed_power: (n) => `the heat pump is guaranteed ${watts(n["guaranteed_w"])}, which only a person may take away`,
  sun_enough: (n) => `the sun has left ${watts(n["needed_w"])} and more for a while`,
  sun_lasts: () => "the sun still leaves enough",
  sun_gone: () => "the sun does not leave enough any more",
  sun_short: (n) => `not enough sun: it starts when ${watts(n["needed_w"])} are left over`,
  sun_waits: (n) => `enough sun (${watts(n["needed_w"])}); waiting ${seconds(n["wait_s"])} more to be sure it lasts`,
  soc_ceiling: (n) => `the battery is at ${percents(n["soc"])}, its ceiling is ${percents(n["ceiling"])}`,
  rated_power: () => "this is the most the battery can do",
  rated_current: (n) => `this installation takes ${amps(n["max_a"])} at most`,
  below_minimum: (n) => `a car charges from ${amps(n["min_a"])} on; less is none`,
  device_range: (n, say) => `the device itself takes ${range(n, say) || "no more"}`,
  stale_input: (n) =>
    n["point"] ? `${pointName(told(n["point"]))} is not known at the moment, so the safe value holds` : "a needed reading is missing, so the safe value holds",

  rule_idle: () => "what the rule waits for is not so",
  rule_input_missing: () => "a reading that the rule needs is not known",
  rule_waits: (n) => `what the rule waits for is so; ${seconds(n["wait_s"])} to go`,
  rule_cools: (n) => `the rule has just acted; it rests for ${seconds(n["wait_s"])} more`,
  rule_active: () => "the rule is in force",
  rule_over: () => "what the rule waited for is over",
  rule_spent: () => "the rule has done its work; it waits until what it waited for has passed once",
  rule_off: () => "the rule is switched off",
  rule_broken: () => "the rule cannot be used as it is",
  rule_until: () => "the rule has reached its end",

  link_up: () => "the device answers again",
  link_lost: detail("the device stopped answering"),
  another_serial: (n) =>
    `another device answers in its place (serial number ${told(n["serial"])}, before it was ${told(n["before"])}); the past goes on with it`,
  link_connecting: () => "looking for the device",
  started: (n) => `the hub started (version ${told(n["version"])})`,
  stopped: () => "the hub stopped",
  clock_step: (n) =>
    `the hub's clock was set by ${told(n["step_s"])} s${n["trusted"] === false ? " and is not yet trusted" : ""}`,
  journal_gap: (n) => `${told(n["rows"])} entries were lost while the disk could not be written`,
  late_beat: (n) => `the hub was held up for ${told(n["late_s"])} s`,
};

/** What is done without a plan. */
function instead(n: Numbers): string {
  const code = told(n["instead"]);
  return code && code !== "no_plan" ? `; ${sentence({ code, numbers: n })}` : "";
}

/** A reason as a sentence, `say` says a value of its point; a code this page does not know yet is shown as it is, with its numbers. */
export function sentence(reason: ReasonInfo, say: (v: Value) => string = told): string {
  const known = REASONS[reason.code];
  if (known) return known(reason.numbers, (v) => (v === undefined ? "" : say(v)));
  const numbers = Object.entries(reason.numbers).map(([name, value]) => `${name} ${told(value)}`);
  return numbers.length ? `${reason.code} (${numbers.join(", ")})` : reason.code;
}

/** "to 9 A: the house fuse of 35 A leaves 9 A" */
export function limitation(reason: ReasonInfo, applied: string, say: (v: Value) => string): string {
  return `to ${applied}: ${sentence(reason, say)}`;
}

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
