import type { JournalRow, Value } from "../../api/types.gen.ts";
import { words } from "../../words/index.ts";

const t = words.limits;

/** Whose the limit in force is: the newest wish for just that, if it has not ended; else it stands in the site document. */
export function limitOwner(rows: readonly JournalRow[], value: Value, me: string): string {
  const ended = new Set(rows.filter((r) => r.state === "ended").map((r) => r.request));
  const wish = rows.find((r) => r.kind === "request" && !r.state && r.value === value && !ended.has(r.request));
  if (!wish) return t.own;
  if (wish.source !== "person") return t.sources[wish.source] ?? t.own;
  return wish.person === me ? t.you : t.person(words.why.you(wish.person));
}
