import type { Ahead, Doing, PlanStep } from "../model/ahead.ts";
import { ms } from "../model/ahead.ts";
import { deviceName, energy, number, percent, power } from "./format.ts";
import { moment } from "./moment.ts";

/** Money of the plan (currency units) as people say it: €1.90. */
export function money(value: number, currency: string): string {
  const format = new Intl.NumberFormat("en-GB", { style: "currency", currency: currency || "EUR", minimumFractionDigits: 2 });
  return format.format(Math.abs(value) < 0.005 ? 0 : value);
}

/** A price of the plan (currency units a kWh): 24.3 ct. */
export const perKwh = (value: number, currency: string): string =>
  currency === "EUR" || currency === "" ? `${number(value * 100, 1)}\u00a0ct` : `${number(value, 3)}\u00a0${currency}`;

type Say = (v: number) => string;

/** Why a device does what it does in a step, and at which price of a kWh it would do otherwise. */
const WHY: Record<string, (d: Doing, step: PlanStep, say: Say) => string> = {
  charges_cheap: (d, s, say) =>
    d.soc !== undefined && d.why.turns_at !== undefined
      ? `charges: a kWh costs ${say(s.buy)}, and is worth ${say(d.why.turns_at)} to it`
      : `charges: a kWh costs ${say(s.buy)} now`,
  charges_sun: (d, s, say) => `charges with sun that would earn ${say(s.sell)} a kWh${otherwise(d, say, " above ")}`,
  stores_surplus: (d, s, say) => `stores sun that would earn ${say(s.sell)} a kWh${otherwise(d, say, " above ")}`,
  shaves: () => "gives, so that the highest power, which is charged for, is no higher",
  covers: (d, s, say) => `gives, which saves ${say(s.buy)} a kWh${otherwise(d, say, " below ")}`,
  sells: (d, s, say) => `sells at ${say(s.sell)} a kWh${otherwise(d, say, " below ")}`,
  waits_dearer: (d, s, say) =>
    `keeps what it has: dearer hours follow${d.why.turns_at === undefined ? "" : `; it would give from ${say(d.why.turns_at)} on, now a kWh costs ${say(s.buy)}`}`,
  keeps_for_peak: (d, s, say) =>
    `keeps what it has: hours of high use follow, and the highest power is charged for${d.why.turns_at === undefined ? "" : `; it would give from ${say(d.why.turns_at)} on, now a kWh costs ${say(s.buy)}`}`,
  lets_go: (d, s, say) => `lets the sun go at ${say(s.sell)} a kWh: more than it would be worth stored${otherwise(d, say, " below ")}`,
  empty: () => "is empty",
  full: () => "is full",
  rests: () => "rests: nothing is left over, nothing is missing",
  waits_cheaper: (d, _, say) => `waits for cheaper hours${d.why.turns_at === undefined ? "" : `; it would begin below ${say(d.why.turns_at)} a kWh`}`,
  waits_peak: () => "waits: more now would raise the highest power that is charged for",
  done: () => "has what it was asked to have",
  gives_back: (_, s, say) => `gives back into the house at ${say(s.buy)} a kWh`,
  keeps_comfort: (_, s, say) => `runs, so that it does not get too cold, at ${say(s.buy)} a kWh`,
  warms_sun: (d, s, say) => `stores heat with sun that would earn ${say(s.sell)} a kWh${otherwise(d, say, " above ")}`,
  warms_cheap: (d, s, say) => `stores heat while a kWh costs ${say(s.buy)}${otherwise(d, say, " above ")}`,
  warm_enough: (d, s, say) =>
    `rests at ${say(s.buy)} a kWh: it is warm enough${d.why.turns_at === undefined ? "" : `; it would run below ${say(d.why.turns_at)}`}`,
  runs: () => "runs",
};

const otherwise = (d: Doing, say: Say, side: string): string =>
  d.why.turns_at === undefined ? "" : `; it would not${side}${say(d.why.turns_at)}`;

/** "gives, which saves 28 ct a kWh (380 W), until 19:00 · 54 % then" */
export function doingText(doing: Doing, step: PlanStep, currency: string): string {
  const told = WHY[doing.why.code];
  const why = told ? told(doing, step, (v) => perKwh(v, currency)) : doing.why.code;
  const flows = Math.abs(doing.power_w) >= 10 ? ` (${power(doing.power_w)})` : "";
  const state = [
    doing.soc !== undefined && percent(doing.soc),
    doing.room_c !== undefined && `${number(doing.room_c, 1)}\u00a0°C`,
    doing.tank_c !== undefined && `tank ${number(doing.tank_c, 1)}\u00a0°C`,
  ].filter((s) => s !== false);
  const until = doing.why.until ? `, until ${moment(ms(doing.why.until))}` : "";
  const saved = doing.why.saves && doing.why.saves > 0.005 ? `; saves ${money(doing.why.saves, currency)} against at once` : "";
  return `${why}${flows}${until}${saved}${state.length ? ` · ${state.join(", ")} then` : ""}`;
}

const BINDS: Record<string, string> = {
  import_price: "the price from the grid",
  export_price: "what feeding in would earn",
  held_back: "the sun that is held back",
  limit: "a limit of the connection",
  peak: "the charge for the highest power, which more would raise",
  export_limit: "the limit on feeding in",
  stored_energy: "what a stored kWh is worth",
};

/** "One more kWh would cost 24.3 ct: what a stored kWh is worth." */
export const marginalText = (step: PlanStep, currency: string): string =>
  `One more kWh now costs ${perKwh(step.price, currency)}: ${BINDS[step.binds] ?? step.binds}.`;

const WISHES: Record<string, string> = {
  ready_by: "will not be as full as asked",
  skipped: "will not run",
  not_enough: "will not run as long as asked",
  late: "will be done late",
  reserve: "goes below its reserve",
  soc_floor: "begins below its floor",
  soc_ceiling: "begins above its ceiling",
  end_soc: "does not end as full as asked",
  room_cold: "leaves the room colder than asked",
  room_warm: "leaves the room warmer than asked",
  tank_cold: "leaves the hot water colder than asked",
  tank_warm: "makes the hot water hotter than asked",
  hygiene: "does not heat the tank against legionella",
  import_limit: "more is drawn than the connection may",
  export_limit: "more is fed in than is allowed",
  dimming: "more is drawn than the grid operator allows",
  unbalance: "the phases differ more than is allowed",
  hot_water: "cannot give all the hot water that is drawn",
  least_soc: "goes below what it is to keep",
  feed_in: "gives into the grid, which it should not",
  curve: "gives more than it can at this charge",
  car_empty: "is driven further than it can be charged",
};

export interface GivenUp {
  wish: string;
  device: string;
  amount: number;
  unit: string;
}

/** A wish that cannot be met, in a sentence. */
export function givenUpText(g: GivenUp): string {
  const said = g.wish.startsWith("fuse") ? `more is drawn on ${g.wish.slice(-2).toUpperCase()} than its fuse carries` : (WISHES[g.wish] ?? g.wish);
  const size = g.unit ? ` (${g.unit === "kWh" ? energy(g.amount * 1000) : `${number(g.amount, 1)} ${g.unit}`})` : "";
  return g.device ? `${deviceName(g.device)} ${said}${size}.` : `${said.charAt(0).toUpperCase()}${said.slice(1)}${size}.`;
}

/** What the plan does to the power that is charged for, in a sentence. */
export function highestText(h: NonNullable<Ahead["highest"]>, currency: string): string {
  const above = h.planned_w - h.before_w;
  if (above < 10) return `The power that is charged for stays at ${power(h.before_w)}.`;
  return `The power that is charged for rises from ${power(h.before_w)} to ${power(h.planned_w)}, which costs ${money((above / 1000) * h.price_per_kw, currency)}.`;
}

const more = (kwh: number): string => `${number(Math.abs(kwh), 1)}\u00a0kWh ${kwh < 0 ? "less" : "more"}`;

/** 30 Nov, 02:15 to 04:15: the day once, where it is the same. */
export function stretch(from: number, to: number): string {
  const [begin, end] = [moment(from), moment(to)];
  const day = begin.slice(0, -5);
  return `${begin} to ${day && end.startsWith(day) ? end.slice(day.length) : end}`;
}

export const ahead = {
  title: "What is ahead",
  loading: "Fetching the plan …",
  failed: "The plan could not be fetched.",
  none: "There is no plan yet: it needs prices and a few hours of history.",
  saves: (amount: string, until: string) => `Until ${until} this plan saves ${amount} against doing everything at once.`,
  savesNothing: (until: string) => `Until ${until} there is nothing to gain: prices and sun are as good now as later.`,
  shown: "Only shown: no device is left to the plan. Give one the mode Plan to let it.",
  inForce: (made: string) => `In force, made at ${made}.`,
  lanes: { price: "Price", sun: "Sun", home: "Use at home", charge: "Charge" },
  now: "now",
  estimated: "estimated",
  at: "At",
  choose: "Which time the reasons below are for",
  cost: (cost: string, rest: string, once: string) =>
    `This step costs ${cost}; with batteries at rest ${rest}, with everything at once ${once}.`,
  grid: (w: number) => (w < -10 ? `${power(w)} are fed in.` : w > 10 ? `${power(w)} come from the grid.` : "Nothing flows over the meter."),
  given: "What cannot be",
  assumed: "What had to be assumed",
  picture: (saves: string) => `The plan from six hours ago to a day and a half ahead. ${saves}`,
  table: "The plan as a table",
  columns: ["Time", "Price", "Sun", "Use at home", "Grid", "Over the meter"],

  doNow: "Do it now",
  doNowNamed: (device: string) => `${device}: do it now`,
  skip: "Skip",
  skipNamed: (device: string) => `${device}: skip`,
  wanted: "Ready by …",
  move: "Move …",
  wantedNamed: (device: string) => `${device}: ready by`,
  readySaid: (much: string, by: string) => `${much} by ${by}: the next plan keeps to it.`,
  inKwh: (kwh: number) => `${kwh}\u00a0kWh`,
  inPercent: (full: number) => `${full}\u00a0% full`,
  kwh: "Energy (kWh)",
  percent: "How full (%)",
  told: "In",
  ofEnergy: "kWh to add",
  ofFullness: "% of the car's battery",
  from: "Not before",
  between: (from: string, by: string) => (from ? `Between ${from} and ${by}` : `By ${by}`),
  by: "Ready by",
  ask: "Plan for it",
  done: (until: string) => `As you wish, until ${until}.`,
  block: (when: string, kwh: string) => `${when}: ${kwh}`,
  nothing: "Nothing is planned.",

  whatIf: "What if …",
  whatIfLead: "The same two days, reckoned again. Nothing changes by asking.",
  keep: (days: number) => (days === 1 ? "Keep it so for a day" : `Keep it so for ${days} days`),
  keptSaid: (percents: number, days: number) =>
    `${percents}\u00a0% ${days === 1 ? "is kept until tomorrow at this time" : `is kept for ${days} days`}. It can be taken back under Devices.`,
  reserve: (percents: number) => `The battery keeps ${percents}\u00a0% in reserve`,
  reckoning: "Reckoning …",
  noSun: "There is no sun",
  twice: (device: string) => `${device} of twice the size`,
  without: (device: string) => `No ${device.toLowerCase()}`,
  dearerTariff: "A kWh costs a fifth more",
  same: "makes no difference.",
  dearer: (amount: string) => `costs ${amount} more.`,
  cheaper: (amount: string) => `saves ${amount}.`,
  past: "And over the last months?",
  pastCaption: "What it would have cost more (below zero: saved)",
  pastMonth: "Month",
  pastColumns: ["By the rule", "At best"],
  pastAll: "All of them",
  pastHow:
    "By the rule: the battery covers and stores whatever comes. At best: with a week known before, which no hub comes up to. Of the last hundred days, as far as they are recorded, without the devices that are planned.",
  moved: (bought: number, sold: number) => `From the grid ${more(bought)}, fed in ${more(sold)}.`,

  scores: "How good are the forecasts?",
  scoresLead: "The days of the last four weeks, each forecast at midnight from what was known then. 100\u00a0% is as good as taking yesterday.",
  notScored: "They are scored each night; the first score comes after some days.",
  scored: { load: "Use at home", pv: "Sun" },
  scoreColumns: ["Forecast", "Mean error", "Of yesterday's", "Bias", "In the 80\u00a0% band", "Days"],
  used: (by: string) => `${by} (in use)`,
};
