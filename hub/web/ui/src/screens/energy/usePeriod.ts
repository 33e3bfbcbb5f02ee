import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { baseOf, goesOn, periodOf, type Base, type Kind, type Period, type Search } from "../../model/period.ts";

export interface Chosen {
  period: Period;
  today: string;
  compare: Base | undefined;
  /** What it is compared with, if it is. */
  base: Period | undefined;
  go: (search: Search) => void;
  /** What is looked at closely of the day, as the address has it. */
  view: string | undefined;
  look: (view: string | undefined) => void;
}

/** The period that the address names; every change of it is a step that the back button takes back.
 *  All of looking closely is one step: there, and back to the whole day. */
export function usePeriod(today: string, zone: string): Chosen {
  const search = useSearch({ from: "/energy" });
  const navigate = useNavigate();
  const { compare, view } = search;
  return useMemo(() => {
    const period = periodOf(search, today, zone);
    const go = (next: Search) => {
      const wished = periodOf(next, today, zone);
      const to: Search = wished.kind === "day" ? {} : { period: wished.kind };
      if (wished.kind === "custom") Object.assign(to, { from: wished.first, to: wished.last });
      else if (!goesOn(wished, today)) Object.assign(to, { period: wished.kind, on: next.on ?? wished.first });
      if (view && wished.kind === period.kind && wished.first === period.first) Object.assign(to, { on: period.first, view });
      void navigate({ to: "/energy", search: next.compare ? { ...to, compare: next.compare } : to, resetScroll: false });
    };
    const look = (next: string | undefined) => {
      const to: Search = next || !goesOn(period, today) ? { period: period.kind, on: period.first } : {};
      if (compare) to.compare = compare;
      if (next) to.view = next;
      void navigate({ to: "/energy", search: to, resetScroll: false, replace: Boolean(next && view) });
    };
    return { period, today, compare, base: compare && baseOf(period, compare, zone), go, view, look };
  }, [search, today, zone, compare, view, navigate]);
}

/** The same place in time, seen as another kind of period. */
export function asKind(kind: Kind, { period, today }: Chosen): Search {
  const last = period.last < today ? period.last : today;
  if (kind === "custom") return { period: kind, from: period.first, to: last };
  return { period: kind, on: goesOn(period, today) ? today : period.first };
}
