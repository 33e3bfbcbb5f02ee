import { clockTime } from "../../model/day.ts";
import type { Layout } from "../../model/layout.ts";
import { added, axis, extremes, placeOf, type Column, type Past } from "../../model/series.ts";
import type { Since } from "../../model/since.ts";
import type { View } from "../../model/view.ts";
import { kilowatts, number, percent, price } from "../../words/format.ts";
import { words } from "../../words/index.ts";
import { signWord } from "../../words/quantities.ts";
import type { ChartData, Line } from "./chart.ts";

const t = words.energy;

/** Everything that the charts of a day are drawn from. */
export const pointsOfDay = (l: Layout): string[] => [
  ...new Set([l.solar, l.grid, l.battery, l.soc.slice(0, 1), l.consumption ?? [], l.price ?? []].flat()),
];

export interface Scene {
  layout: Layout;
  past: Past;
  ghost: Past | undefined;
  /** What the other day is called. */
  base: string;
  view: View;
  zone: string;
  currency: string;
  since: Since;
}

export interface DayCharts {
  power: ChartData;
  soc: ChartData | null;
  price: ChartData | null;
}

export function dayCharts(scene: Scene): DayCharts {
  const { layout: l, past, view, zone, currency, since } = scene;
  const time = axis(past);
  const base = { t: time, stepMs: past.step_ms, view, zone };
  const line = (points: readonly string[], look: Omit<Line, "values">): Line => ({
    ...look,
    values: added(past, points, time, "mean", since),
    band: past.step_ms > 1000 && !look.stepped ? [added(past, points, time, "min", since), added(past, points, time, "max", since)] : undefined,
  });
  return {
    power: {
      ...base,
      unit: words.units.kW,
      lines: [...ghosts(scene, time), ...powerLines(l, line)],
      format: kilowatts,
      tick: (w) => number(w / 1000, Math.abs(w) % 1000 ? 1 : 0),
      least: 1000,
    },
    soc: l.soc.length
      ? { ...base, unit: "%", lines: [line(l.soc.slice(0, 1), SOC)], format: percent, tick: (v) => number(v), range: [0, 100], least: 100 }
      : null,
    price: l.price ? { ...base, ...priceLook(currency), lines: [line([l.price], PRICE)] } : null,
  };
}

type Draw = (points: readonly string[], look: Omit<Line, "values">) => Line;

const SOC = { label: t.series.soc, colour: "--battery", filled: true } as const;
const PRICE = { label: t.series.price, colour: "--grid", stepped: true, filled: true } as const;

function powerLines(l: Layout, line: Draw): Line[] {
  const lines: Line[] = [];
  if (l.solar.length) lines.push(line(l.solar, { label: t.series.solar, colour: "--pv", filled: true }));
  if (l.consumption) lines.push(line([l.consumption], { label: t.series.used, colour: "--home" }));
  if (l.grid.length) lines.push(line(l.grid, { label: t.series.grid, colour: "--grid", dash: [6, 3], say: signed("grid") }));
  if (l.battery.length) lines.push(line(l.battery, { label: t.series.battery, colour: "--battery", dash: [2, 3], say: signed("battery") }));
  return lines;
}

const signed = (role: "grid" | "battery") => (w: number) =>
  [Math.abs(w) < 50 ? undefined : signWord(role, "power", w), kilowatts(w)].filter(Boolean).join(" ");

/** Solar and use of the other day, read at the times of this one. */
function ghosts({ layout: l, ghost, base, since }: Scene, time: number[]): Line[] {
  if (!ghost) return [];
  const there = axis(ghost);
  const places = time.map((at) => (at <= (there.at(-1) ?? 0) + ghost.step_ms ? placeOf(there, at) : -1));
  const column = (points: readonly string[]): Column => {
    const sums = added(ghost, points, there, "mean", since);
    return places.map((i) => sums[i] ?? null);
  };
  const line = (name: string, colour: Line["colour"], points: readonly string[]): Line => ({
    label: t.ghost(name, base), colour, values: column(points), ghost: true, dash: [4, 4],
  });
  return [
    ...(l.solar.length ? [line(t.series.solar, "--pv", l.solar)] : []),
    ...(l.consumption ? [line(t.series.used, "--home", [l.consumption])] : []),
  ];
}

const priceLook = (currency: string) => ({
  unit: currency === "EUR" ? "ct/kWh" : `${currency}/kWh`,
  format: (v: number) => price(v, currency),
  least: 40_000,
  tick: (v: number) => number(currency === "EUR" ? v / 1000 : v / 100_000, currency === "EUR" ? 0 : 2),
});

/** The day in a sentence for each chart. */
export function summaries(day: Past, layout: Layout, zone: string, currency: string, since: Since) {
  const time = axis(day);
  const of = (points: readonly string[]) => extremes(added(day, points, time, "mean", since), time);
  const say = (points: readonly string[], format: (v: number) => string): string => {
    const found = of(points);
    return found ? t.between(format(found.low), format(found.high)) : "";
  };
  return {
    power: powerSummary(of(layout.solar), of(layout.consumption ? [layout.consumption] : []), zone),
    soc: say(layout.soc.slice(0, 1), percent),
    price: say(layout.price ? [layout.price] : [], (v) => price(v, currency)),
  };
}

type Found = ReturnType<typeof extremes>;

function powerSummary(sun: Found, use: Found, zone: string): string {
  if (!use) return "";
  const mean = kilowatts(use.mean);
  return sun && sun.high > 50
    ? t.summaryPower(kilowatts(sun.high), clockTime(sun.highAt, zone, words.locale), mean)
    : t.summaryNoSolar(mean);
}
