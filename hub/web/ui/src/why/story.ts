import type { JournalRow, PointInfo, Value } from "../api/types.gen.ts";
import { quantityOf, valueText, type Role } from "../control/kind.ts";
import { number } from "../words/format.ts";
import { words } from "../words/index.ts";
import { capital, sentence } from "../words/reasons.ts";

/** A journal row in words. */
export interface Chapter {
  id: number;
  t: number;
  headline: string;
  because: string;
  limits: string[];
  /** What the device reads, where that is not what it was told. */
  reads: string;
  outcome: string;
  good: boolean;
  inputs: Array<{ point: string; text: string; ageMs: number }>;
}

const t = words.why;

export function chapter(row: JournalRow, points: ReadonlyMap<string, PointInfo>, role?: Role): Chapter {
  const say = (point: string, value: Value | null): string =>
    value === null ? words.dash : valueText(point, points.get(point)?.unit ?? "", value, { long: true, role: quantityOf(point) === "mode" ? role : undefined });
  const own = (value: Value) => say(row.point, value);
  return {
    id: row.id,
    t: row.t,
    headline: headline(row, (value) => say(row.point, value)),
    because: because(row, own),
    limits: row.limits.map((l) => t.boundBy(sentence(l, own))),
    reads: row.applied !== null && row.applied !== row.value ? t.reads(say(row.point, row.applied)) : "",
    outcome: outcome(row),
    good: row.state !== "refused" && row.state !== "no_answer" && row.state !== "lost",
    inputs: row.inputs.map((i) => ({ point: i.point, text: say(i.point, i.v), ageMs: i.age_ms })),
  };
}

function headline(row: JournalRow, say: (value: Value | null) => string): string {
  if (row.kind === "request" && row.state !== "ended") return t.asked(asker(row), say(row.value ?? row.asked));
  if (row.value !== null && row.kind !== "link") return t.set(say(row.value));
  return capital(sentence(row.reason, say));
}

const asker = (row: JournalRow): string => (row.person ? t.you(row.person) : (t.sources[row.source] ?? row.source));

/** A person's own wish needs no reason; everything else does. */
function because(row: JournalRow, say: (v: Value) => string): string {
  if (row.kind === "link" || !row.reason.code) return "";
  if (row.kind === "request" && row.reason.code.endsWith("_asked")) return "";
  if (row.reason.code === "person_asked" && row.person) return t.wish.of(t.you(row.person));
  return capital(sentence(row.reason, say));
}

function outcome(row: JournalRow): string {
  if (!row.state || row.kind === "link") return "";
  const state = t.states[row.state] ?? row.state;
  return row.ms === null ? state : t.answered(state, `${number(row.ms)} ms`);
}
