import { useMemo, type RefObject } from "react";
import { useHistory } from "../../api/queries.ts";
import { hubNow } from "../../live/clock.ts";
import { sameClock } from "../../model/day.ts";
import { goesOn, type Period } from "../../model/period.ts";
import { axis, firstKnown, spliced, type Past } from "../../model/series.ts";
import { youngView, type View } from "../../model/view.ts";
import { useWidth } from "../../ui/useWidth.ts";
import { pointsOfDay } from "./dayCharts.ts";
import type { House } from "./useHouse.ts";
import type { Chosen } from "./usePeriod.ts";
import { useRested, useZoom, type Zoom } from "./useZoom.ts";

const REST_MS = 150;
const LEAST_SHOWN_MS = 600_000;

export interface DayPast {
  zoom: Zoom;
  /** The day at the resolution of the whole, and with what is zoomed into laid over it. */
  day: Past | undefined;
  shown: Past | undefined;
  /** The other day's, its times as if it were this day. */
  ghost: Past | undefined;
  first: number | undefined;
  failed: boolean;
}

/** One question for all lines of the day, one more for the stretch that is looked at closely. */
export function useDayPast(house: House, chosen: Chosen, box: RefObject<HTMLElement | null>): DayPast {
  const { period, base, today } = chosen;
  const width = Math.ceil(useWidth(box) / 200) * 200;
  const live = goesOn(period, today);
  const points = useMemo(() => pointsOfDay(house.layout), [house.layout]);
  const whole = useMemo(() => ({ from: period.start, to: period.end }), [period]);
  const day = useHistory(points, width ? { ...whole, width } : undefined, live);
  const first = day.data && firstKnown(day.data);
  const now = hubNow();
  const young = useSame(live && first !== undefined ? youngView(first, now, whole) : undefined);
  const home = useSame(young ? { from: young.from, to: Math.max(now, young.from + LEAST_SHOWN_MS) } : whole);
  const zoom = useZoom(whole, home, chosen);
  const wished = zoom.zoomed ? zoom.view : young;
  const rested = useRested(wished, REST_MS);
  const asked = wished && rested;
  const close = asked && width ? { ...seconds(asked), width } : undefined;
  const fine = useHistory(points, close, live && (!asked || asked.to > now));
  const shown = useMemo(() => day.data && spliced(day.data, close && fine.data), [day.data, fine.data, close !== undefined]);
  const ghost = useGhost(house, period, base, close ?? { ...whole, width });
  return { zoom, day: day.data, shown, ghost, first, failed: day.isError };
}

/** The same object as long as it says the same. */
const useSame = <T extends View | undefined>(view: T): T => useMemo(() => view, [view?.from, view?.to]);

/** The question is in whole seconds, as the hub counts. */
const seconds = ({ from, to }: View): View => ({ from: Math.floor(from / 1000) * 1000, to: Math.ceil(to / 1000) * 1000 });

function useGhost({ layout, zone }: House, period: Period, base: Period | undefined, view: View & { width: number }): Past | undefined {
  const [here, there] = [dayOfPeriod(period), base && dayOfPeriod(base)];
  const points = base ? [...layout.solar, ...(layout.consumption ? [layout.consumption] : [])] : [];
  const asked = there && view.width ? { from: sameClock(view.from, here, there, zone), to: sameClock(view.to, here, there, zone), width: view.width } : undefined;
  const { data } = useHistory(points, asked, false);
  return useMemo(() => {
    if (!data || !base) return undefined;
    const t = axis(data).map((at) => sameClock(at, dayOfPeriod(base), dayOfPeriod(period), zone));
    return { ...data, series: Object.fromEntries(Object.entries(data.series).map(([p, b]) => [p, { ...b, t }])) };
  }, [data, base, period, zone]);
}

const dayOfPeriod = ({ first, start, end }: Period) => ({ date: first, start, end });
