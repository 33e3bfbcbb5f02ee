/** A rule as its editor holds it, from its document and back. Conditions are text of the language throughout. */
import { actionText, actionOf, firstValue, type Action } from "./action.ts";
import { plans } from "../../words/plans.ts";
import type { Document } from "./document.ts";
import { lengthOf, lengthText, type Length } from "./length.ts";
import type { House } from "./points.ts";

export interface RuleForm {
  name: string;
  when: string;
  for: Length;
  /** `raw` is kept where an action is not understood. */
  then: Array<Action & { raw?: string }>;
  while: string | undefined;
  until: { how: "none" | "duration" | "clock" | "condition"; length: Length; clock: string; condition: string };
  priority: string;
  cooldown: Length;
  minFor: Length;
  enabled: boolean;
}

const NONE: Length = { amount: "", unit: "min" };
const CLOCK = /^\s*(\d{1,2}:\d{2})\s*$/;

export function firstCondition(house: House): string {
  if (house.reading("house.surplus")) return "house.surplus > 1500 W ± 200 W";
  return "time between 22:00 and 06:00";
}

export function emptyRule(house: House): Document {
  const points = house.targets.flatMap((g) => g.points);
  const first = points.find((p) => p.point.endsWith(".on")) ?? points[0];
  const action = first ? actionText(firstValue(first.point, house), house) : "";
  return { when: firstCondition(house), for: "5 min", then: [action] };
}

export function ruleForm(document: Document, house: House): RuleForm {
  const text = (key: string): string => String(document[key] ?? "");
  const then = document["then"];
  const actions = Array.isArray(then) ? then : [String(then ?? "")];
  const until = text("until");
  const length = lengthOf(until);
  const clock = CLOCK.exec(until)?.[1];
  return {
    name: text("name"),
    when: text("when"),
    for: lengthOf(document["for"]) ?? NONE,
    then: actions.map((a) => actionOf(a, house) ?? { point: "", sign: "=", value: "", raw: a }),
    while: document["while"] === undefined ? undefined : text("while"),
    until: {
      how: !until ? "none" : length ? "duration" : clock ? "clock" : "condition",
      length: length ?? { amount: "2", unit: "h" },
      clock: clock?.padStart(5, "0") ?? "06:00",
      condition: until && !length && !clock ? until : firstCondition(house),
    },
    priority: text("priority"),
    cooldown: lengthOf(document["cooldown"]) ?? NONE,
    minFor: lengthOf(document["min_for"]) ?? NONE,
    enabled: document["enabled"] !== false,
  };
}

export function ruleDocument(f: RuleForm, house: House): Document {
  const until = { none: "", duration: lengthText(f.until.length), clock: f.until.clock, condition: f.until.condition }[f.until.how];
  const lengths = { for: lengthText(f.for), cooldown: lengthText(f.cooldown), min_for: lengthText(f.minFor) };
  return {
    name: f.name.trim() || suggestedName(f, house),
    when: f.when,
    then: f.then.map((a) => a.raw ?? actionText(a, house)),
    ...(f.while !== undefined && { while: f.while }),
    ...(f.until.how !== "none" && { until }),
    ...Object.fromEntries(Object.entries(lengths).filter(([, text]) => text)),
    ...(f.priority.trim() && { priority: Number(f.priority) }),
    ...(!f.enabled && { enabled: false }),
  };
}

function suggestedName(f: RuleForm, house: House): string {
  const first = f.then[0];
  return (first && house.target(first.point)?.name) || plans.rules.newTitle;
}
