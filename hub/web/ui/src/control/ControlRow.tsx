import type { ReactNode } from "react";
import { useDecisions } from "../api/decisions.ts";
import type { CommandInfo, DeviceInfo, Value } from "../api/types.gen.ts";
import { Icon } from "../ui/Icon.tsx";
import type { IconName } from "../ui/icons.ts";
import { words } from "../words/index.ts";
import { modeDoes } from "../words/modes.ts";
import { actsThrough } from "./driven.ts";
import { HoldSelect } from "./HoldSelect.tsx";
import { quantityOf, subject } from "./kind.ts";
import { stateName } from "./machine.ts";
import { Outcome } from "./Outcome.tsx";
import { Reading } from "./Reading.tsx";
import { useControl } from "./useControl.ts";
import { useHold } from "./useHold.ts";
import { isWide, stillMs, Widget } from "./Widget.tsx";
import { WhyButton } from "./WhyButton.tsx";
import { Wishes } from "./Wishes.tsx";
import { personal, wishesOf, type Wish } from "./wish.ts";

interface Props {
  device: DeviceInfo;
  command: CommandInfo;
  title: string;
  /** What stands below the title while nothing is going on. */
  below?: ReactNode;
  icon?: { name: IconName; role: string };
  /** Points of the device that have no row of their own here: wishes for them are told in this one. */
  also?: readonly string[];
}

/** One thing that can be asked of a device: its widget, what became of the last wish, and why it is as it is. */
export function ControlRow({ device, command, title, below, icon, also = [] }: Props) {
  const handle = useControl(command, stillMs(command));
  const holding = useHold(device, command);
  const wishes = useWishes(device);
  const told = wishes.filter((w) => w.point === command.point || also.includes(w.point));
  const name = subject({ device, command });
  const wide = isWide(command);
  const does = quantityOf(command.point) === "mode" ? doesNow(device.role, handle.value, wishes) : wide || !holding.choices.length ? "" : words.hold.byHand;
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
      <HoldSelect holding={holding} label={name} />
      <Widget handle={handle} command={command} role={device.role} label={name} end={holding.end} />
      <WhyButton topics={[{ device, command }]} name={name} className="why">
        {words.devices.whyShort}
      </WhyButton>
      {does && <p className="does quiet small">{does}</p>}
      <div role="status" className="came">
        <Outcome handle={handle} command={command} held={wishes.some((w) => w.request === handle.control.id)} />
      </div>
      <Wishes device={device} wishes={told} />
    </div>
  );
}

/** What the mode does, as long as no wish stands before it. */
const doesNow = (role: DeviceInfo["role"], mode: Value | null, wishes: readonly Wish[]): string =>
  wishes.some((w) => actsThrough(w.point)) ? words.wish.first : mode === null ? "" : modeDoes(role, String(mode));

function useWishes(device: DeviceInfo): Wish[] {
  const points = device.commands.map((c) => c.point);
  return useDecisions((d) => personal(wishesOf(d, points))).data ?? [];
}
