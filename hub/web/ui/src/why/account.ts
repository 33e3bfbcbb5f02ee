import type { Decision, PointInfo, Value } from "../api/types.gen.ts";
import { quantityOf, valueText, type Role } from "../control/kind.ts";
import type { Wish } from "../control/wish.ts";
import { changeText } from "../words/changes.ts";
import { words } from "../words/index.ts";
import { modeName } from "../words/modes.ts";
import { moment } from "../words/moment.ts";
import { quantityName } from "../words/quantities.ts";
import { capital, sentence } from "../words/reasons.ts";

const t = words.why;

/** A decision in words. */
export interface Account {
  headline: string;
  whose: string;
  because: string;
  limits: string[];
  inputs: Array<{ point: string; text: string }>;
  changes: string[];
}

/** What the decision is told against; `mode`: the device's mode then, null = not known; `me`: who asks. */
export interface Around {
  points: ReadonlyMap<string, PointInfo>;
  role: Role;
  mode: string | null;
  me: string;
  wishes: readonly Wish[];
  /** Wishes of another time are not told beside it. */
  past: boolean;
}

export function account(d: Decision, around: Around): Account {
  const { past } = around;
  const unit = around.points.get(d.point)?.unit ?? "";
  const say = (v: Value) => valueText(d.point, unit, v, { said: true, role: around.role });
  const own = around.wishes.find((w) => w.request !== "" && w.request === d.request);
  const changes = [...d.changes, ...around.wishes.flatMap((w) => w.changes)].map(changeText);
  return {
    headline: t.is(quantityName(quantityOf(d.point)), say(d.value)),
    whose: d.ends === null || renewed(d) ? whose(d, around) : t.wish.until(whose(d, around), moment(d.ends)),
    because: d.reason.code.endsWith("_asked") ? "" : capital(sentence(d.reason, say)),
    limits: d.limits.filter((l) => !own?.by || l.code !== own.by.code || past).map((l) => t.boundBy(sentence(l, say))),
    inputs: d.inputs.map((i) => ({ point: i.point, text: i.v === null ? words.dash : reading(i.point, i.v, around.points) })),
    changes: [...new Set(changes)].filter(Boolean),
  };
}

const reading = (point: string, v: Value, points: Around["points"]): string =>
  valueText(point, points.get(point)?.unit ?? "", v, { long: true });

/** A rule in force renews its wish each second: that it ends soon says nothing. */
const renewed = (d: Decision): boolean => d.cause.startsWith("rule:");

function whose(d: Decision, { mode, me, role }: Around): string {
  const w = t.wish;
  const [kind = "", name = ""] = d.cause.split(/:(.*)/);
  if (d.cause === "set_at_device") return w.atDevice;
  if (kind === "schedule") return w.schedule(name);
  switch (d.source) {
    case "person":
      return d.person === me ? w.yours : w.of(t.you(d.person));
    case "rule":
      return w.rule(kind === "rule" ? name : "");
    case "default":
      return d.reason.code === "makes_all" ? w.usual : mode === null ? w.chosen : w.mode(modeName(role, mode));
    default:
      return w[d.source as "plan" | "grid_operator" | "site" | "safety"] ?? d.source;
  }
}
