import { useSite, useStorage } from "../../api/queries.ts";
import type { Storage } from "../../api/types.gen.ts";
import { dayOf } from "../../model/day.ts";
import { bytes, number } from "../../words/format.ts";
import { words } from "../../words/index.ts";
import { dateName } from "../../words/period.ts";

const t = words.energy.storage;
const OUTLASTS_YEARS = 100;

/** How far the past reaches, and what keeping it costs. */
export function StorageLine() {
  const storage = useStorage().data;
  const zone = useSite().data?.timezone ?? "UTC";
  return <p className="quiet small storage">{storage && told(storage, zone)}</p>;
}

/** Since when anything is kept, UTC ms. */
export function beginOf({ reach }: Storage): number | undefined {
  const known = reach.map((r) => r.since).filter((t) => t !== null);
  return known.length ? Math.min(...known) : undefined;
}

function told(s: Storage, zone: string): string {
  const begin = beginOf(s);
  const facts = [
    begin !== undefined && t.reach(dateName(dayOf(begin, zone))),
    t.size(bytes(s.file + s.wal + s.hot), bytes(s.budget)),
    s.ours_a_day !== null && t.writes(bytes(s.ours_a_day)),
  ];
  return `${sentence(words.list(facts.filter((f) => typeof f === "string")))}. ${card(s.card_years)}`;
}

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function card(years: number | null): string {
  if (years === null) return "";
  return years > OUTLASTS_YEARS ? t.cardLong : t.card(number(years, years < 9.5 ? 1 : 0));
}
