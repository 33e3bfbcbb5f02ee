import type { CommandInfo } from "../api/types.gen.ts";
import { Icon } from "../ui/Icon.tsx";
import { words } from "../words/index.ts";
import { capital, limitation, sentence } from "../words/reasons.ts";
import { quantityOf, valueText } from "./kind.ts";
import { isWaiting, type Control } from "./machine.ts";
import type { ControlHandle } from "./useControl.ts";

/** What became of the last wish. Its room is made when it is asked, so that nothing moves when the device answers. */
export function Outcome({ handle: { control, undo }, command }: { handle: ControlHandle; command: CommandInfo }) {
  const done = control.phase !== "idle" && !isWaiting(control);
  return (
    <div role="status" className="outcome small" data-phase={control.phase} data-rested={control.rested}>
      {done && (
        <>
          <Icon name={control.phase === "confirmed" ? "check" : "cross"} />
          <p>{capital(told(control, command))}</p>
          {undo && (
            <button type="button" className="undo" onClick={undo}>
              {words.control.undo}
            </button>
          )}
        </>
      )}
    </div>
  );
}

function told(control: Control, command: CommandInfo): string {
  const t = words.control;
  if (control.phase === "confirmed") return confirmed(control, command);
  if (control.phase === "refused") return t.refused(control.reason ? sentence(control.reason) : "");
  return control.reason?.code === "hub_silent" ? t.hubSilent : t.noAnswer;
}

function confirmed({ ms, limit, applied, reason }: Control, command: CommandInfo): string {
  const t = words.control;
  const taken = quantityOf(command.point) === "mode" ? t.chosen : t.confirmed(Math.round(ms));
  const done = reason?.code === "not_saved" ? `${taken}, ${sentence(reason)}` : taken;
  return limit && applied !== null
    ? `${done}, ${t.limited(limitation(limit, valueText(command.point, command.unit, applied)))}`
    : done;
}
