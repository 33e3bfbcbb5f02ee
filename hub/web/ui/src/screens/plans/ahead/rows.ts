import { area, blocksOf, ms, scale, stepped, timesOf, type Ahead, type Band, type Block, type Lanes } from "../../../model/ahead.ts";
import type { Layout } from "../../../model/layout.ts";
import { added, axis, type Past } from "../../../model/series.ts";
import { deviceName } from "../../../words/format.ts";
import { ahead as t } from "../../../words/ahead.ts";

export const HOUR = 3_600_000;
export const BEFORE = 6 * HOUR;
export const AFTER = 36 * HOUR;
export const LABEL = 18;
const TALL = 46;
const LANE = 18;
const GAP = 10;

/** One strip of the picture: its name, where it is, and the paths in it by their style. */
export interface Row {
  name: string;
  top: number;
  height: number;
  paths: Array<{ style: string; d: string }>;
  blocks: Block[];
  /** Of the device in a lane, for its colour. */
  role?: string;
}

export interface House {
  layout: Layout;
  roles: Map<string, string>;
}

export interface Picture {
  rows: Row[];
  height: number;
  x: (t: number) => number;
}

/** From the past, the plan and the forecasts to strips above one another on one axis of time. */
export function picture(a: Ahead, lanes: Lanes, past: Past | undefined, house: House, now: number, width: number): Picture {
  const { layout, roles } = house;
  const [from, to] = [now - BEFORE, now + AFTER];
  const x = scale(from, to, 0, width);
  const shown = a.steps.filter((s) => ms(s.start) < to);
  const times = shown.map((s) => ms(s.start));
  const pastTimes = past ? axis(past) : [];
  const before = (points: readonly string[]) => (past && points.length ? added(past, points, pastTimes) : []);
  const pastStep = past?.step_ms ?? 0;
  const rows: Row[] = [];
  let top = 0;
  const row = (name: string, height: number, fill: (y: (low: number, high: number) => (v: number) => number) => Row["paths"], blocks: Block[] = []) => {
    const [high, low] = [top + LABEL, top + LABEL + height];
    rows.push({ name, top, height: LABEL + height, paths: fill((from_, to_) => scale(from_, to_, low, high)), blocks });
    top = low + GAP;
  };

  row(t.lanes.price, TALL, (y) => {
    const prices = shown.map((s) => s.buy);
    const old = before(layout.price ? [layout.price] : []).map((v) => (v === null ? null : v / 100_000));
    const at = y(Math.min(0, ...prices, ...known(old)), Math.max(0.01, ...prices, ...known(old)));
    const sure = shown.filter((s) => a.estimatedFrom === undefined || ms(s.start) < a.estimatedFrom).length;
    return [
      { style: "price past", d: stepped(pastTimes, old, pastStep, x, at) },
      { style: "price ground", d: area(times.slice(0, sure), prices.slice(0, sure), 0, a.stepMs, x, at) },
      { style: "price", d: stepped(times.slice(0, sure), prices.slice(0, sure), a.stepMs, x, at) },
      { style: "price estimated", d: stepped(times.slice(sure), prices.slice(sure), a.stepMs, x, at) },
    ];
  });
  if (layout.solar.length) row(t.lanes.sun, TALL, (y) => forecast("pv", a.pv, before(layout.solar), y));
  row(t.lanes.home, TALL, (y) => forecast("home", a.load, before(layout.consumption ? [layout.consumption] : []), y));
  if (lanes.batteries.length) {
    row(t.lanes.charge, TALL, (y) => {
      const at = y(0, 100);
      const old = before(layout.soc.slice(0, 1));
      const charge = (device: string) => shown.map((s) => s.devices[device]?.soc ?? null);
      return [
        { style: "battery past", d: stepped(pastTimes, old, pastStep, x, at) },
        ...lanes.batteries.map((device) => ({ style: "battery", d: stepped(times, charge(device), a.stepMs, x, at) })),
      ];
    });
  }
  for (const device of lanes.flexible) {
    row(deviceName(device), LANE, () => [], blocksOf(shown, device, a.stepMs));
    rows.at(-1)!.role = roles.get(device) ?? "";
  }
  return { rows, height: top - GAP + 20, x };

  function forecast(style: string, band: Band | undefined, old: ReadonlyArray<number | null>, y: (low: number, high: number) => (v: number) => number): Row["paths"] {
    const soon = band && cut(band, now, to);
    const at = y(0, Math.max(100, ...(soon?.high ?? []), ...known(old)));
    const paths = [{ style: `${style} past`, d: stepped(pastTimes, old, pastStep, x, at) }];
    if (!soon) return paths;
    const when = timesOf(soon);
    return [
      ...paths,
      { style: `${style} band`, d: area(when, soon.high, soon.low, soon.stepMs, x, at) },
      { style, d: stepped(when, soon.mid, soon.stepMs, x, at) },
    ];
  }
}

const known = (values: ReadonlyArray<number | null>): number[] => values.filter((v) => v !== null);

/** Of a forecast what is still to come and shown. */
function cut(band: Band, from: number, to: number): Band {
  const first = Math.max(0, Math.floor((from - band.from) / band.stepMs));
  const last = Math.max(first, Math.ceil((to - band.from) / band.stepMs));
  const part = (values: number[]) => values.slice(first, last);
  return { ...band, from: band.from + first * band.stepMs, low: part(band.low), mid: part(band.mid), high: part(band.high) };
}
