import { useState, type ReactNode } from "react";
import type { CommandInfo, DeviceInfo } from "../api/types.gen.ts";
import { Icon } from "../ui/Icon.tsx";
import type { IconName } from "../ui/icons.ts";
import { Why } from "../why/Why.tsx";
import { words } from "../words/index.ts";
import { subject } from "./kind.ts";
import { stateName } from "./machine.ts";
import { Outcome } from "./Outcome.tsx";
import { Reading } from "./Reading.tsx";
import { useControl } from "./useControl.ts";
import { isWide, stillMs, Widget } from "./Widget.tsx";

interface Props {
  device: DeviceInfo;
  command: CommandInfo;
  title: string;
  /** What stands below the title while nothing is going on. */
  below?: ReactNode;
  icon?: { name: IconName; role: string };
}

/** One thing that can be asked of a device: its widget, what became of the last wish, and why it is as it is. */
export function ControlRow({ device, command, title, below, icon }: Props) {
  const handle = useControl(command, stillMs(command));
  const [why, setWhy] = useState(false);
  const name = subject(device, command);
  const wide = isWide(command);
  return (
    <div className="control" data-control={command.point} data-state={stateName(handle.control)} data-wide={wide}>
      {icon && (
        <span className="badge" data-role={icon.role}>
          <Icon name={icon.name} />
        </span>
      )}
      <div className="told">
        <h3>{title}</h3>
        <Reading handle={handle} command={command} role={device.role}>
          {below}
        </Reading>
      </div>
      <Widget handle={handle} command={command} label={name} />
      <button type="button" className="why" aria-label={words.devices.why(name)} onClick={() => setWhy(true)}>
        {words.devices.whyShort}
      </button>
      <Outcome handle={handle} command={command} />
      {why && <Why device={device} command={command} onClose={() => setWhy(false)} />}
    </div>
  );
}
