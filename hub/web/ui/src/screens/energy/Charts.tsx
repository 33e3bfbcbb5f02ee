import { useMemo, useState } from "react";
import type { History } from "../../api/types.gen.ts";
import { clockTime } from "../../model/day.ts";
import { added, axis, extremes, type Column } from "../../model/series.ts";
import { kilowatts, number, percent, price } from "../../words/format.ts";
import { words } from "../../words/index.ts";
import { signWord } from "../../words/quantities.ts";
import type { ChartData, Line } from "./chart.ts";
import { ChartCard } from "./ChartCard.tsx";
import type { Shown } from "./useDay.ts";

const t = words.energy;
const NOTHING: History = { step_ms: 60_000, series: {} };

/** Power, the battery's level in its own thin strip, and the price, on one time axis. */
export function Charts({ shown, currency }: { shown: Shown | undefined; currency: string }) {
  const charts = useMemo(() => shown && build(shown, currency), [shown, currency]);
  const [cursor, setCursor] = useState<number | null>(null);
  const common = { date: shown?.date ?? "", cursor, onCursor: setCursor };
  return (
    <>
      <ChartCard {...common} tall title={t.power} data={charts?.power} summary={charts?.powerSummary} note={t.gridNote} />
      {charts?.soc !== null && <ChartCard {...common} title={t.soc} data={charts?.soc} summary={charts?.socSummary} />}
      {charts?.price !== null && (
        <ChartCard {...common} title={t.price} data={charts?.price} summary={charts?.priceSummary} />
      )}
    </>
  );
}

function build(shown: Shown, currency: string) {
  const { layout: l, zone } = shown;
  const history = shown.history ?? NOTHING;
  const time = axis(history);
  const column = (points: readonly string[]): Column => added(history, points, time);
  const base = { t: time, from: shown.from, to: shown.to, zone };
  const solar = column(l.solar);
  const used = column(l.consumption ? [l.consumption] : []);
  const soc = column(l.soc.slice(0, 1));
  const prices = column(l.price ? [l.price] : []);
  const power: ChartData = {
    ...base,
    unit: words.units.kW,
    lines: powerLines(l, solar, used, column),
    format: kilowatts,
    tick: (w) => number(w / 1000, Math.abs(w) % 1000 ? 1 : 0),
  };
  return {
    power,
    powerSummary: powerSummary(solar, used, time, zone),
    soc: l.soc.length ? percentChart(base, soc) : null,
    socSummary: between(soc, time, percent, t.summarySoc),
    price: l.price ? priceChart(base, prices, currency) : null,
    priceSummary: between(prices, time, (v) => price(v, currency), t.summaryPrice),
  };
}

function powerLines(l: Shown["layout"], solar: Column, used: Column, column: (p: readonly string[]) => Column): Line[] {
  const lines: Line[] = [];
  if (l.solar.length) lines.push({ label: t.series.solar, colour: "--pv", values: solar, filled: true });
  if (l.consumption) lines.push({ label: t.series.used, colour: "--home", values: used });
  if (l.grid.length) lines.push({ label: t.series.grid, colour: "--grid", values: column(l.grid), dash: [6, 3], say: signed("grid") });
  if (l.battery.length) lines.push({ label: t.series.battery, colour: "--battery", values: column(l.battery), dash: [2, 3], say: signed("battery") });
  return lines;
}

const signed = (role: "grid" | "battery") => (w: number) =>
  [Math.abs(w) < 50 ? undefined : signWord(role, "power", w), kilowatts(w)].filter(Boolean).join(" ");

type Base = Pick<ChartData, "t" | "from" | "to" | "zone">;

const percentChart = (base: Base, values: Column): ChartData => ({
  ...base,
  unit: "%",
  lines: [{ label: t.series.soc, colour: "--battery", values, filled: true }],
  format: percent,
  tick: (v) => number(v),
  range: [0, 100],
});

const priceChart = (base: Base, values: Column, currency: string): ChartData => ({
  ...base,
  unit: currency === "EUR" ? "ct/kWh" : `${currency}/kWh`,
  lines: [{ label: t.series.price, colour: "--grid", values, stepped: true }],
  format: (v) => price(v, currency),
  tick: (v) => number(currency === "EUR" ? v / 1000 : v / 100_000, currency === "EUR" ? 0 : 2),
});

function powerSummary(solar: Column, used: Column, time: number[], zone: string): string {
  const use = extremes(used, time);
  if (!use) return "";
  const sun = extremes(solar, time);
  const mean = kilowatts(use.mean);
  return sun && sun.high > 50
    ? t.summaryPower(kilowatts(sun.high), clockTime(sun.highAt, zone, words.locale), mean)
    : t.summaryNoSolar(mean);
}

function between(column: Column, time: number[], format: (v: number) => string, say: (low: string, high: string) => string): string {
  const found = extremes(column, time);
  return found ? say(format(found.low), format(found.high)) : "";
}
