import type { ReasonInfo, Value } from "../api/types.gen.ts";
import { pointName } from "./reasons.ts";
import { amps, on, percents, seconds, told, watts, type Numbers } from "./told.ts";

/** The decision that is asked about. */
export interface About {
  unit: string;
  /** What somebody asked for and does not get; null = nobody did. */
  asked: Value | null;
  say: (value: Value) => string;
  /** When the wish behind it ends; empty if it has no end. */
  until: string;
}

type Change = (n: Numbers, about: About) => string;

const MODE = "Choose another mode.";
const OWN = "Ask for something else yourself: what a person wants comes first.";
const SITE = "Change the limit in the site document.";
const PLANNED = "Another price or another plan; Auto does not ask what a stored kWh is worth.";

const wait = (what: string): Change => (_, a) => (a.until ? `${what}, or wait until ${a.until}.` : `${what}.`);
const ends = (who: string): Change => (_, a) => (a.until ? `Wait until ${a.until}, or until ${who} ends it.` : `Wait until ${who} ends it.`);

/** How much of `free` is missing to what was asked; 0 = cannot be said. */
const missing = (a: About, unit: string, free: Value | undefined): number =>
  a.unit === unit && typeof a.asked === "number" ? Math.max(0, Math.abs(a.asked) - Number(free ?? 0)) : 0;

function fuse(n: Numbers, a: About): string {
  const short = missing(a, "A", n["free_a"]);
  if (short && a.asked !== null) return `If ${amps(short)} less were drawn${on(n)}, this fuse would leave ${a.say(a.asked)}.`;
  return `If less were drawn${on(n)}, this fuse would leave more.`;
}

const WHOSE: Record<string, string> = {
  grid_operator: "or until the grid operator ends the limit",
  site: "or change the limit in the site document",
  person: "or until the limit that was asked for is taken back",
  rule: "or until the rule that limits it ends",
  plan: "or until the plan limits it no longer",
};

const connection = (verb: string, way: string): Change => (n, a) => {
  const short = missing(a, "W", n["free_w"]);
  const first = short ? `Wait until the house ${verb} ${watts(short)} less ${way}` : `Wait until the house ${verb} less ${way}`;
  return `${first}, ${WHOSE[told(n["source"])] ?? WHOSE["site"]}.`;
};

function moreSun(n: Numbers): string {
  const short = Number(n["min_a"] ?? 0) - Math.max(0, Number(n["surplus_a"] ?? 0));
  return short > 0 ? `If the sun left ${amps(short)} more, charging would start; Min+Solar or Fast do not wait for it.` : "Min+Solar or Fast do not wait for the sun.";
}

/** By each reason and limit code that a decision can have: what would alter it. */
export const CHANGES: Record<string, Change> = {
  person_asked: wait("Take the wish back"),
  rule_asked: () => `Change the rule or switch it off. ${OWN}`,
  plan_asked: () => OWN,
  grid_operator_asked: ends("the grid operator"),
  site_asked: () => SITE,
  safety_asked: () => "It ends by itself when it is safe again.",
  default_asked: () => OWN,
  person_limit: wait("Take the limit back"),
  rule_limit: () => "Change the rule or switch it off.",
  plan_limit: () => OWN,
  grid_operator_limit: ends("the grid operator"),
  site_limit: () => SITE,
  safety_limit: () => "It ends by itself when it is safe again.",
  default_limit: () => OWN,
  overruled: (n) => `It has its turn when ${WINNERS[told(n["source"])] ?? "what comes first is over"}.`,

  charge_off: () => "Choose another mode, or ask for a current yourself.",
  charge_fast: () => "Choose another mode, or ask for a smaller current.",
  target_cheap: () => "Take the target back, or give it more time.",
  target_now: () => "Take the target back, or give it more time: then it can wait for cheaper hours.",
  target_waits: () => "Choose Fast to charge now; otherwise it begins by itself in time.",
  charge_solar: () => "It follows the sun: more sun makes it more. Fast does not wait for the sun.",
  charge_min_solar: () => "It follows the sun, but never below its minimum. Solar stops without sun, Fast does not wait for it.",
  no_surplus: moreSun,
  wait_hysteresis: (n) => `If the sun lasts, charging starts in ${seconds(n["wait_s"])}. Fast starts at once.`,
  phases_kept: () => "If the sun left clearly more or clearly less for a while, another number of phases would suit better.",
  phases_by_sun: () => "If the sun changed for a while, it would switch back.",
  phase_switch: () => "Wait until the charger has switched.",
  phase_switch_rate: (n) => `Wait ${seconds(n["wait_s"])}: switching too often wears the charger out.`,
  pause_time: (n) => `Wait ${seconds(n["wait_s"])}, or ask for a current yourself.`,
  fuse_limit: fuse,
  import_limit: connection("takes", "elsewhere"),
  export_limit: connection("gives", "to the grid"),
  unbalanced: () => "If the phases were loaded more evenly, more would be left.",
  below_minimum: (n) => `Ask for ${amps(n["min_a"])} or more.`,
  rated_current: () => "Only another installation takes more; its current stands in the site document.",
  rated_power: () => "Only another battery can do more; its power stands in the site document.",
  device_range: () => "Only another device takes more.",
  stale_input: (n) => (n["point"] ? `As soon as ${pointName(told(n["point"]))} answers again.` : "As soon as the missing reading answers again."),

  battery_hold: () => MODE,
  battery_charge: () => MODE,
  battery_discharge: () => MODE,
  self_consumption: () => "It follows the house: less use or more sun charges it. Hold, Charge and Discharge do not ask what the house needs.",
  hidden_sun: () => "If the house used more, or the limit on feeding in ended.",
  spares_battery: () => "When the car does not charge fast any more; or allow the battery to feed cars in the site document.",
  plan_store: () => PLANNED,
  plan_lets_go: () => PLANNED,
  plan_covers: () => PLANNED,
  plan_holds: () => `${PLANNED} When it costs clearly more from the grid, the battery gives at once.`,
  plan_charges: () => PLANNED,
  plan_sells: () => PLANNED,
  plan_car: () => "Another plan, or another mode; ask for a current yourself to have your own way.",
  plan_car_waits: () => "Fast charges now. The plan begins by itself in time.",
  plan_phases: () => "With another planned power it would switch back.",
  plan_boost: () => "Another plan, or another mode.",
  plan_normal: () => "Another plan; Boost stores more heat now.",
  plan_switch: () => "Another plan, or switch it yourself.",
  plan_gone: () => "A new plan in time, or switch it yourself.",
  no_plan: () => "As soon as there is a plan for it, that decides again.",
  soc_floor: (n) => `When the battery has more than ${percents(n["floor"])} again.`,
  outage_reserve: (n) => `When the battery has more than ${percents(n["floor"])} again, or with a smaller reserve in the site document.`,
  soc_ceiling: (n) => `When the battery has less than ${percents(n["ceiling"])} again.`,
  ramp: () => "Wait a moment: it grows step by step.",
  least_time: (n) => `Wait ${seconds(n["wait_s"])}, or switch it yourself.`,
  write_budget: () => "Wait: the allowed number of changes grows back over the day.",
  makes_all: () => "Only a limit on feeding in, or a limit that you ask for, would hold it back.",

  pump_normal: () => "Choose Boost or Solar, or ask for an operating state yourself.",
  pump_boost: () => MODE,
  guaranteed_power: () => "Only a person may block the heat pump.",
  sun_enough: () => "It ends when the sun leaves nothing any more.",
  sun_lasts: () => "It ends when the sun leaves nothing any more.",
  sun_gone: (n) => `When the sun leaves ${watts(n["needed_w"])} again for a minute.`,
  sun_short: (n) => `When the sun leaves ${watts(n["needed_w"])} for a minute, or another mode is chosen.`,
  sun_waits: (n) => `If the sun lasts, it starts in ${seconds(n["wait_s"])}.`,
};

const WINNERS: Record<string, string> = {
  safety: "it is safe again",
  grid_operator: "the grid operator ends the demand",
  site: "the limit of the house allows it",
  person: "the person’s wish is over or taken back",
  rule: "the rule has ended",
  plan: "the plan wants something else",
};

/** What would alter a decision that has this reason or limit; empty for a code this page does not know yet. */
export const change = (reason: ReasonInfo, about: About): string => CHANGES[reason.code]?.(reason.numbers, about) ?? "";
