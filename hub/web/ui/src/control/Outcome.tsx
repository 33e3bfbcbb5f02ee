import type { CommandInfo, Value } from "../api/types.gen.ts";
import { Icon } from "../ui/Icon.tsx";
import { words } from "../words/index.ts";
import { moment } from "../words/moment.ts";
import { capital, limitation, sentence } from "../words/reasons.ts";
import { quantityOf, valueText } from "./kind.ts";
import { isWaiting, type Control } from "./machine.ts";
import type { ControlHandle } from "./useControl.ts";

interface Props {
  handle: ControlHandle;
  command: CommandInfo;
  /** The wish stands below with its limit, its end and the way to take it back. */
  held: boolean;
}

/** What became of the last wish. Its room is made when it is asked, so that nothing moves when the device answers. */
export function Outcome({ handle: { control, undo }, command, held }: Props) {
  const done = control.phase !== "idle" && !isWaiting(control);
  return (
    <div className="outcome small" data-phase={control.phase} data-rested={control.rested}>
      {done && (
        <>
          <Icon name={control.phase === "confirmed" ? "check" : "cross"} />
          <p>{capital(told(control, command, held))}</p>
          {undo && !held && (
            <button type="button" className="undo" onClick={undo}>
              {words.control.undo}
            </button>
          )}
        </>
      )}
    </div>
  );
}

function told(control: Control, command: CommandInfo, held: boolean): string {
  const t = words.control;
  if (control.phase === "confirmed") return held ? taken(control, command) : confirmed(control, command);
  if (control.phase === "refused") return t.refused(control.reason ? sentence(control.reason) : "");
  return control.reason?.code === "hub_silent" ? t.hubSilent : t.noAnswer;
}

function taken({ ms, reason }: Control, command: CommandInfo): string {
  const t = words.control;
  const done = quantityOf(command.point) === "mode" ? t.chosen : t.confirmed(Math.round(ms));
  return reason?.code === "not_saved" ? `${done}, ${sentence(reason)}` : done;
}

function confirmed(control: Control, command: CommandInfo): string {
  const t = words.control;
  const { limit, applied, until } = control;
  const done = until === null ? taken(control, command) : t.until(taken(control, command), moment(until));
  const say = (v: Value) => valueText(command.point, command.unit, v, { said: true });
  return limit && applied !== null ? `${done}, ${t.limited(limitation(limit, say(applied), say))}` : done;
}
