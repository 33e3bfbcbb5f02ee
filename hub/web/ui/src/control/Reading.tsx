import type { ReactNode } from "react";
import type { CommandInfo, DeviceInfo } from "../api/types.gen.ts";
import { Figure } from "../ui/Figure.tsx";
import { words } from "../words/index.ts";
import { quantityOf, valueText } from "./kind.ts";
import type { ControlHandle } from "./useControl.ts";

interface Props {
  handle: ControlHandle;
  command: CommandInfo;
  role: DeviceInfo["role"];
  children?: ReactNode;
}

/** The wish with a ring around it while it is under way, else what the device itself reads. */
export function Reading({ handle, command, role, children }: Props) {
  const text = (v: NonNullable<typeof handle.value>) => valueText(command.point, command.unit, v, { role });
  const quantity = quantityOf(command.point);
  const isMode = quantity === "mode" && children !== undefined;
  const isLimit = role === "house";
  return (
    <p className="reading quiet small" data-busy={handle.busy}>
      {handle.busy && handle.value !== null ? (
        <span>
          {text(handle.value)} <span className="unseen">{words.control.asked}</span>
        </span>
      ) : (
        !isMode && <Figure point={command.point} format={text} {...(isLimit && { none: words.limits.none })} />
      )}
      {children}
    </p>
  );
}
