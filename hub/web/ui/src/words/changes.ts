import type { ChangeInfo } from "../api/types.gen.ts";
import { moment } from "./moment.ts";
import { pointName } from "./reasons.ts";
import { amps, on, percents, seconds, told, watts, type Numbers } from "./told.ts";

type Sentence = (n: Numbers) => string;

/** "Take the wish back, or wait until 16:30." */
const orWait = (what: string) => (n: Numbers): string => (n["ends"] ? `${what}, or wait until ${moment(Number(n["ends"]))}.` : `${what}.`);

const WINNERS: Record<string, string> = {
  safety: "it is safe again",
  grid_operator: "the grid operator ends the demand",
  site: "the limit of the house allows it",
  person: "the person’s wish is over or taken back",
  rule: "the rule has ended",
  plan: "the plan wants something else",
};

const less = (n: Numbers): string => (n["less_w"] === undefined ? "less" : `${watts(n["less_w"])} less`);

function lessOnFuse(n: Numbers): string {
  if (n["less_a"] === undefined) return `If less were drawn${on(n)}, this fuse would leave more.`;
  return `If ${amps(n["less_a"])} less were drawn${on(n)}, this fuse would leave ${amps(n["asked_a"])}.`;
}

/** Each change code of the hub as a sentence with its numbers. */
export const CHANGES: Record<ChangeInfo["code"], Sentence> = {
  take_back: orWait("Take the wish back"),
  take_limit_back: orWait("Take the limit back"),
  target_back: () => "Take the target back, or give it more time.",
  ask_yourself: () => "Ask for something else yourself: what a person wants comes first.",
  ask_minimum: (n) => `Ask for ${amps(n["min_a"])} or more.`,
  limit_it: () => "Only a limit on feeding in, or a limit that you ask for, would hold it back.",
  person_blocks: () => "Only a person may block the heat pump.",
  choose_mode: () => "Choose another mode.",
  fast_mode: () => "Choose Fast: it charges at once, with or without sun.",
  min_solar_mode: () => "Choose Min+Solar: it charges a little without sun, too.",
  auto_mode: () => "Choose Auto: it does not ask what a stored kWh is worth.",
  change_rule: () => "Change the rule or switch it off.",
  change_schedule: orWait("Change the schedule or switch it off"),
  change_site: () => "Change the limit in the site document.",
  operator_ends: (n) => (n["ends"] ? `Wait until ${moment(Number(n["ends"]))}, or until the grid operator ends it.` : "Wait until the grid operator ends it."),
  safe_again: () => "It ends by itself when it is safe again.",
  its_turn: (n) => `The other wish has its turn when ${WINNERS[told(n["source"])] ?? "what comes first is over"}.`,
  plan_changes: () => "Another price or another plan.",
  plan_comes: () => "As soon as there is a plan for it, that decides again.",
  begins_by_itself: () => "It begins by itself in time.",
  dearer_grid: () => "When it costs clearly more from the grid, the battery gives at once.",
  more_sun: () => "It follows the sun: more sun makes it more.",
  sun_leaves_more: (n) => `If the sun left ${n["more_a"] === undefined ? "more" : `${amps(n["more_a"])} more`}, charging would start.`,
  sun_leaves: (n) => `When the sun leaves ${watts(n["needed_w"])} for a minute.`,
  sun_lasts: (n) => `If the sun lasts, it starts in ${seconds(n["wait_s"])}.`,
  sun_differs: () => "If the sun left clearly more or clearly less for a while, another number of phases would suit better.",
  sun_ends: () => "It ends when the sun leaves nothing any more.",
  house_use: () => "It follows the house: less use or more sun charges it.",
  export_limit_ends: () => "If the house used more, or the limit on feeding in ended.",
  car_done: () => "When the car does not charge fast any more.",
  feed_cars: () => "Allow the battery to feed cars, in the site document.",
  smaller_reserve: () => "Keep less for a power cut: the reserve stands in the site document.",
  soc_above: (n) => `When the battery has more than ${percents(n["floor"])} again.`,
  soc_below: (n) => `When the battery has less than ${percents(n["ceiling"])} again.`,
  less_on_fuse: lessOnFuse,
  less_import: (n) => `Wait until the house takes ${less(n)} elsewhere.`,
  less_export: (n) => `Wait until the house gives ${less(n)} to the grid.`,
  even_phases: () => "If the phases were loaded more evenly, more would be left.",
  other_installation: () => "Only another installation can do more; its rating stands in the site document.",
  other_device: () => "Only another device takes more.",
  wait: (n) => `Wait ${seconds(n["wait_s"])}.`,
  ramp_goes_on: () => "Wait a moment: it grows step by step.",
  budget_grows: () => "Wait: the allowed number of changes grows back over the day.",
  phases_switched: () => "Wait until the charger has switched.",
  reading_back: (n) => (n["point"] ? `As soon as ${pointName(told(n["point"]))} answers again.` : "As soon as the missing reading answers again."),
  device_answers: () => "When the device answers and takes it.",
};

/** What would alter a decision; empty for a code this page does not know yet. */
export const changeText = ({ code, numbers }: ChangeInfo): string => (CHANGES as Partial<typeof CHANGES>)[code]?.(numbers) ?? "";
