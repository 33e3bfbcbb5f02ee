import type { CommandInfo, Value } from "../api/types.gen.ts";
import { words } from "../words/index.ts";
import { moment } from "../words/moment.ts";
import { limitation, sentence } from "../words/reasons.ts";
import { quantityOf, valueText } from "./kind.ts";
import type { Control } from "./machine.ts";

/** What became of a wish, in words; `held`: it is told elsewhere with its limit and its end. */
export function whatCame(control: Control, command: CommandInfo, held: boolean): string {
  const t = words.control;
  if (control.phase === "confirmed") return held ? taken(control, command) : confirmed(control, command);
  if (control.phase === "refused") return t.refused(control.reason ? sentence(control.reason, saying(command)) : "");
  return control.reason?.code === "hub_silent" ? t.hubSilent : t.noAnswer;
}

export type Said = Pick<CommandInfo, "point" | "unit">;

/** How the values of a command are said in a sentence. */
export const saying =
  ({ point, unit }: Said) =>
  (v: Value): string =>
    valueText(point, unit, v, { said: true });

function taken({ ms, reason }: Control, command: CommandInfo): string {
  const t = words.control;
  const done = quantityOf(command.point) === "mode" ? t.chosen : t.confirmed(Math.round(ms));
  return reason?.code === "not_saved" ? `${done}, ${sentence(reason)}` : done;
}

function confirmed(control: Control, command: CommandInfo): string {
  const t = words.control;
  const { limit, applied, until } = control;
  const done = until === null ? taken(control, command) : t.until(taken(control, command), moment(until));
  const say = saying(command);
  return limit && applied !== null ? `${done}, ${t.limited(limitation(limit, say(applied), say))}` : done;
}
