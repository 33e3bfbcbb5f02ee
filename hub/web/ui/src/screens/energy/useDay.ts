import { useMemo } from "react";
import { useDevices, useHistory, useSite } from "../../api/queries.ts";
import type { DeviceInfo, History } from "../../api/types.gen.ts";
import { hubNow } from "../../live/clock.ts";
import { day, dayOf, type Day } from "../../model/day.ts";
import { layoutOf, type Layout } from "../../model/layout.ts";
import { firstKnown } from "../../model/series.ts";
import { countersOf } from "../../model/totals.ts";

const MINUTE_S = 60;
const FINE_S = 5;
const YOUNG_MS = 2 * 3_600_000;
const LEAST_MS = 600_000;

export interface Shown extends Day {
  isToday: boolean;
  today: string;
  zone: string;
  devices: DeviceInfo[];
  layout: Layout;
  history: History | undefined;
  failed: boolean;
  /** When the first value of the day was recorded. */
  first: number | undefined;
  from: number;
  to: number;
}

/** A day of the house. While the recording is young its few hours are shown, finely, instead of a nearly empty day. */
export function useDay(asked: string | undefined): Shown | undefined {
  const site = useSite().data;
  const devices = useDevices().data;
  const layout = useMemo(() => layoutOf(devices ?? []), [devices]);
  const points = useMemo(() => pointsFor(layout, devices ?? []), [layout, devices]);
  const zone = site?.timezone ?? "UTC";
  const today = dayOf(hubNow(), zone);
  const isToday = !asked || asked >= today;
  const span = day(isToday ? today : asked, zone);
  const coarse = useHistory(site ? points : [], span.start, span.end, MINUTE_S, isToday);
  const first = coarse.data && firstKnown(coarse.data);
  const young = isToday && first !== undefined && hubNow() - first < YOUNG_MS;
  const fine = useHistory(young ? points : [], first ?? 0, span.end, FINE_S, true);
  if (!site || !devices) return undefined;
  return {
    ...span,
    isToday,
    today,
    zone,
    devices,
    layout,
    first,
    history: (young ? fine.data : undefined) ?? coarse.data,
    failed: coarse.isError,
    from: young ? first : span.start,
    to: young ? Math.max(hubNow(), first + LEAST_MS) : span.end,
  };
}

function pointsFor(l: Layout, devices: readonly DeviceInfo[]): string[] {
  const lines = [l.solar, l.grid, l.battery, l.soc, l.consumption ?? [], l.price ?? []].flat();
  return [...new Set([...lines, ...countersOf(devices)])];
}
