import { useSearch } from "@tanstack/react-router";
import { useSite } from "../../api/queries.ts";
import { clockTime } from "../../model/day.ts";
import { words } from "../../words/index.ts";
import { Charts } from "./Charts.tsx";
import { DayNav } from "./DayNav.tsx";
import { TotalsView } from "./TotalsView.tsx";
import { useDay, type Shown } from "./useDay.ts";

const t = words.energy;

/** Where did it come from, where did it go? One day at a time. */
export function Energy() {
  const search = useSearch({ from: "/energy" });
  const shown = useDay(search.day);
  const currency = useSite().data?.currency ?? "EUR";
  return (
    <div className="energy">
      <h1>{t.title}</h1>
      <DayNav date={shown?.date} today={shown?.today} />
      <p className="quiet small state" role="status">
        {shown ? told(shown) : t.loading}
      </p>
      <TotalsView shown={shown} />
      <Charts shown={shown} currency={currency} />
    </div>
  );
}

function told({ history, failed, first, isToday, start, zone }: Shown): string {
  if (failed) return t.failed;
  if (!history) return t.loading;
  if (first === undefined) return isToday ? t.emptyToday : t.empty;
  return first - start > 120_000 ? t.since(clockTime(first, zone, words.locale)) : "";
}
