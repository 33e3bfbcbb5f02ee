import { useStorage } from "../../api/queries.ts";
import { dayOf, shift } from "../../model/day.ts";
import { daysOf, goesOn, type Search } from "../../model/period.ts";
import { words } from "../../words/index.ts";
import { dateName } from "../../words/period.ts";
import { beginOf } from "./StorageLine.tsx";
import type { Chosen } from "./usePeriod.ts";

const t = words.energy.empty;

/** Instead of all figures, where there are none: since when there are some, and the way there. */
export function Empty({ chosen, zone }: { chosen: Chosen; zone: string }) {
  const { period, today, compare, go } = chosen;
  const storage = useStorage().data;
  const begin = storage && beginOf(storage);
  const first = begin === undefined ? undefined : dayOf(begin, zone);
  const current = goesOn(period, today);
  const early = first !== undefined && first > period.last;
  const to = early ? from(first, chosen) : { period: period.kind };
  return (
    <section className="card empty">
      <h2>{current ? t.yet : t.title[period.kind]}</h2>
      <p className="quiet">{storage && why(first, early || current, today)}</p>
      {storage && !current && (
        <button type="button" className="plain" onClick={() => go({ ...to, ...(compare && { compare }) })}>
          {early ? t.go(dateName(first)) : t.now}
        </button>
      )}
    </section>
  );
}

function why(first: string | undefined, outside: boolean, today: string): string {
  if (!first || first === today) return t.soon;
  return (outside ? t.begins : t.gap)(dateName(first));
}

/** As long a period that has the first day in it. */
const from = (first: string, { period }: Chosen): Search =>
  period.kind === "custom" ? { period: "custom", from: first, to: shift(first, daysOf(period) - 1) } : { period: period.kind, on: first };
