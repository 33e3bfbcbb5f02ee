import { useMemo } from "react";
import { useEnergy } from "../../api/queries.ts";
import { ApiError } from "../../api/client.ts";
import { hubNow } from "../../live/clock.ts";
import { barsOf, devicesSince, pointsOfSources, sourcesOf, type Bars } from "../../model/energy.ts";
import { barStep, goesOn, type BarStep, type Period } from "../../model/period.ts";
import type { Since } from "../../model/since.ts";
import { consumersOf, topOf, type Place } from "../../model/top.ts";
import type { Chosen } from "./usePeriod.ts";
import type { House } from "./useHouse.ts";

/** What flowed in the period, by bars; undefined while it is being fetched. */
export interface Figures {
  period: Period;
  step: BarStep;
  now: number;
  bars: Bars | undefined;
  top: Place[] | undefined;
  base: Bars | undefined;
  since: Since;
  /** Nothing at all is known of the period. */
  nothing: boolean;
  problem: "failed" | "tooMuch" | undefined;
}

/** One question for all bars, totals and devices of a period, and one for what it is compared with. */
export function useFigures(house: House, { period, base, today }: Chosen): Figures {
  const { devices, layout } = house;
  const sources = useMemo(() => sourcesOf(devices, layout), [devices, layout]);
  const consumers = useMemo(() => consumersOf(devices), [devices]);
  const flows = useMemo(() => pointsOfSources(Object.values(sources)), [sources]);
  const points = useMemo(() => [...new Set([...flows, ...pointsOfSources(consumers.map((c) => c.source))])], [flows, consumers]);
  const step = barStep(period);
  const energy = useEnergy(points, spanOf(period), step, goesOn(period, today));
  const then = useEnergy(base ? flows : [], base && spanOf(base), step, false);
  const bars = useMemo(() => energy.data && barsOf(energy.data, sources), [energy.data, sources]);
  const top = useMemo(() => energy.data && topOf(energy.data, consumers, sources.used ?? []), [energy.data, consumers, sources]);
  const baseBars = useMemo(() => (then.data ? barsOf(then.data, sources) : undefined), [then.data, sources]);
  const since = useMemo(() => (energy.data ? devicesSince(energy.data) : {}), [energy.data]);
  const now = useMemo(hubNow, [energy.data]);
  const nothing = Boolean(bars && top && [...Object.values(bars.flows).flat(), ...top].every((a) => a.wh === null));
  return { period, step, now, bars, top, base: base && baseBars, since, nothing, problem: problemOf(energy.error) };
}

const spanOf = (p: Period) => ({ from: p.start, to: p.end });

const problemOf = (error: Error | null): Figures["problem"] =>
  error ? (error instanceof ApiError && error.status === 400 ? "tooMuch" : "failed") : undefined;
