import { useMemo, useRef, useState } from "react";
import { clockTime } from "../../model/day.ts";
import { goesOn } from "../../model/period.ts";
import type { Since } from "../../model/since.ts";
import { words } from "../../words/index.ts";
import { baseName, periodName } from "../../words/period.ts";
import { ChartCard } from "./ChartCard.tsx";
import { dayCharts, summaries } from "./dayCharts.ts";
import type { House } from "./useHouse.ts";
import type { Chosen } from "./usePeriod.ts";
import { useDayPast } from "./useDayPast.ts";
import { ZoomTools } from "./ZoomTools.tsx";

const t = words.energy;
const LATE_MS = 120_000;

/** Power, the battery's level in its own thin strip, and the price, on one time axis. */
export function DayView({ house, chosen, since }: { house: House; chosen: Chosen; since: Since }) {
  const box = useRef<HTMLElement>(null);
  const { period, compare } = chosen;
  const { layout, zone, currency } = house;
  const { zoom, day, shown, ghost, first, failed } = useDayPast(house, chosen, box);
  const [cursor, setCursor] = useState<number | null>(null);
  const base = compare ? baseName(period.kind, compare) : "";
  const charts = useMemo(
    () => shown && dayCharts({ layout, past: shown, ghost, base, view: zoom.view, zone, currency, since }),
    [layout, shown, ghost, base, zoom.view, zone, currency, since],
  );
  const said = useMemo(() => day && summaries(day, layout, zone, currency, since), [day, layout, zone, currency, since]);
  const common = { date: periodName(period), cursor, onCursor: setCursor, zoom };
  const current = goesOn(period, chosen.today);
  const late = first !== undefined && first - period.start > LATE_MS;
  return (
    <section className="card day" ref={box} aria-label={t.kinds.day}>
      <ZoomTools zoom={zoom} stepMs={shown?.step_ms} />
      {(current || failed || late) && (
        <p className="quiet small state">{failed ? t.failed : late && t.since(clockTime(first, zone, words.locale))}</p>
      )}
      <ChartCard {...common} tall title={t.power} data={charts?.power} summary={said?.power} note={t.gridNote} />
      {layout.soc.length > 0 && <ChartCard {...common} title={t.soc} data={charts?.soc} summary={said?.soc} />}
      {layout.price && <ChartCard {...common} title={t.price} data={charts?.price} summary={said?.price} />}
    </section>
  );
}
