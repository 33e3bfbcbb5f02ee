import type { ReasonInfo, Value } from "../api/types.gen.ts";
import { sentence } from "./reasons.ts";
import { words } from "./index.ts";
import { moment } from "./moment.ts";
import type { Wish } from "../control/wish.ts";

const t = words.wish;

/** What stands in the way for good: nothing comes back by itself. */
const FOR_GOOD = ["rated_current", "rated_power", "device_range", "below_minimum"];
const SCARCE = ["fuse_limit", "import_limit", "export_limit", "unbalanced"];

export const who = (person: string, me: string): string => (person && person === me ? t.you : words.why.you(person));

/** "You asked for 16 A; 9 A now: the house fuse of 25 A leaves 9.3 A on L2. It returns to 16 A when that is free; until 16:30." */
export function wishText(w: Wish, say: (v: Value) => string, me: string): string {
  const [asked, at] = [say(w.asked), moment(w.ends)];
  if (w.by) return `${t.asked(asker(w, me), asked, say(w.got), sentence(w.by, say))} ${w.source === "rule" ? t.turn : outlook(w.by, asked, at)}`;
  if (w.cause === "set_at_device") return t.atDevice(asked, at);
  return w.person === me ? t.yours(asked, at) : t.theirs(who(w.person, me), asked, at);
}

function asker(w: Wish, me: string): string {
  if (w.cause.startsWith("schedule:")) return words.why.sources["schedule"]!;
  return w.source === "person" ? who(w.person, me) : (words.why.sources[w.source] ?? w.source);
}

function outlook(by: ReasonInfo, asked: string, at: string): string {
  if (FOR_GOOD.includes(by.code)) return t.stays(at);
  return (SCARCE.includes(by.code) ? t.returns : t.returnsLater)(asked, at);
}
