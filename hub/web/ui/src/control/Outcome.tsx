import type { CommandInfo } from "../api/types.gen.ts";
import { Icon } from "../ui/Icon.tsx";
import { words } from "../words/index.ts";
import { capital } from "../words/reasons.ts";
import { whatCame } from "./came.ts";
import { isWaiting } from "./machine.ts";
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
          <p>{capital(whatCame(control, command, held))}</p>
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
