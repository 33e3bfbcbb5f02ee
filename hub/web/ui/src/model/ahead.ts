/** The hub's plan as it comes: steps with prices, powers and reasons. Times are ISO 8601 or UTC ms. */
export interface Why {
  code: string;
  price?: number;
  turns_at?: number;
  until?: string | number;
  saves?: number;
}

export interface Doing {
  power_w: number;
  why: Why;
  soc?: number;
  room_c?: number;
  tank_c?: number;
}

export interface PlanStep {
  start: string | number;
  grid_w: number;
  load_w: number;
  pv_w: number;
  buy: number;
  sell: number;
  price: number;
  binds: string;
  cost: number;
  nothing: number;
  at_once: number;
  devices: Record<string, Doing>;
}

export const ms = (t: string | number): number => (typeof t === "number" ? t : Date.parse(t));

export interface Span {
  from: number;
  to: number;
}

/** A stretch in which a device does one thing. */
export interface Block extends Span {
  device: string;
  code: string;
  wh: number;
  /** The step in which it begins, to ask for its reasons. */
  at: number;
}

const LEAST_W = 10;

/** What each device that can wait is to do: the stretches in which it draws. */
export function blocksOf(steps: readonly PlanStep[], device: string, stepMs: number): Block[] {
  const blocks: Block[] = [];
  steps.forEach((step, i) => {
    const doing = step.devices[device];
    if (!doing || doing.power_w < LEAST_W) return;
    const from = ms(step.start);
    const wh = (doing.power_w * stepMs) / 3_600_000;
    const last = blocks.at(-1);
    if (last && last.to === from) {
      last.to = from + stepMs;
      last.wh += wh;
    } else {
      blocks.push({ device, code: doing.why.code, from, to: from + stepMs, wh, at: i });
    }
  });
  return blocks;
}

export interface Lanes {
  batteries: string[];
  flexible: string[];
}

/** Batteries have a SoC and a value; every other device of the plan is a lane of its own. */
export function lanesOf(steps: readonly PlanStep[], isBattery: (device: string) => boolean): Lanes {
  const all = [...new Set(steps.flatMap((s) => Object.keys(s.devices)))];
  return { batteries: all.filter(isBattery), flexible: all.filter((d) => !isBattery(d)) };
}

/** The step that a moment falls into; the nearest one outside of the plan. */
export function stepAt(steps: readonly PlanStep[], t: number): number {
  let found = 0;
  steps.forEach((step, i) => {
    if (ms(step.start) <= t) found = i;
  });
  return found;
}

/** Where in a picture: `x` of a moment, `y` of a value that lies between low and high. */
export const scale = (low: number, high: number, from: number, to: number) => (v: number): number =>
  high === low ? (from + to) / 2 : from + ((v - low) / (high - low)) * (to - from);

type Place = (v: number) => number;

/** A line that stands for the mean of each step: level within it. Gaps are left out. */
export function stepped(times: readonly number[], values: ReadonlyArray<number | null>, stepMs: number, x: Place, y: Place): string {
  let path = "";
  let open = false;
  times.forEach((t, i) => {
    const value = values[i];
    if (value == null) {
      open = false;
      return;
    }
    path += `${open ? "L" : "M"}${at(x(t))} ${at(y(value))}H${at(x(t + stepMs))}`;
    open = true;
  });
  return path;
}

/** The same line closed down to a base, or to another line. */
export function area(
  times: readonly number[],
  high: readonly number[],
  low: readonly number[] | number,
  stepMs: number,
  x: Place,
  y: Place,
): string {
  if (!times.length) return "";
  const floor = (i: number): number => (typeof low === "number" ? low : (low[i] ?? 0));
  const there = times.map((t, i) => `${i ? "L" : "M"}${at(x(t))} ${at(y(high[i] ?? 0))}H${at(x(t + stepMs))}`).join("");
  const back = times
    .map((t, i) => `L${at(x(t + stepMs))} ${at(y(floor(i)))}H${at(x(t))}`)
    .reverse()
    .join("");
  return `${there}${back}Z`;
}

const at = (v: number): string => v.toFixed(1);

/** A forecast: its 10 % and 90 % quantiles and its median, W, in steps from `from` on. */
export interface Band {
  from: number;
  stepMs: number;
  low: number[];
  mid: number[];
  high: number[];
}

/** All that the picture of the days ahead is drawn from. */
export interface Ahead {
  steps: PlanStep[];
  stepMs: number;
  inForce: boolean;
  /** The devices that are left to it. */
  by: string[];
  made: number;
  /** From then on prices are estimates. */
  estimatedFrom: number | undefined;
  saves: number;
  givenUp: Array<{ wish: string; device: string; amount: number; unit: string }>;
  assumed: string[];
  /** The power that is charged for; W and currency units a kW. */
  highest: { before_w: number; planned_w: number; price_per_kw: number } | undefined;
  load: Band | undefined;
  pv: Band | undefined;
}

export const timesOf = (band: Band): number[] => band.mid.map((_, i) => band.from + i * band.stepMs);

/** Where the plan ends, ms. */
export const endOf = (a: Ahead): number => (a.steps.length ? ms(a.steps.at(-1)!.start) + a.stepMs : a.made);
