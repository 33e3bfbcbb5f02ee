import type { ChangeInfo, Decision, Decisions, ReasonInfo, Unmet, Value } from "../api/types.gen.ts";

/** What somebody asks of a point for some time, and what became of it. */
export interface Wish {
  request: string;
  point: string;
  asked: Value;
  got: Value;
  source: string;
  person: string;
  cause: string;
  ends: number;
  /** What stands against it; null = it has its way. */
  by: ReasonInfo | null;
  /** What would alter that. */
  changes: readonly ChangeInfo[];
}

/** The wishes in force for the points: those that have their way, and those that have not. */
export function wishesOf(known: Decisions | undefined, points: readonly string[]): Wish[] {
  if (!known) return [];
  const unmet = known.unmet.filter((u) => points.includes(u.point));
  const met = known.decisions.filter((d) => points.includes(d.point) && d.ends !== null && d.request !== "" && !unmet.some((u) => u.request === d.request));
  return [...unmet.map(notMet), ...met.map((d) => ({ ...whose(d), asked: d.value, got: d.value, ends: d.ends!, by: null, changes: [] }))];
}

/** Those that people can take back. */
export const personal = (wishes: readonly Wish[]): Wish[] => wishes.filter((w) => w.source === "person");

const whose = ({ request, point, source, person, cause }: Decision | Unmet) => ({ request, point, source, person, cause });

const notMet = (u: Unmet): Wish => ({ ...whose(u), asked: u.asked, got: u.got, ends: u.ends, by: u.by, changes: u.changes });
