import type { CommandInfo, DeviceInfo, Value } from "../api/types.gen.ts";
import { Segment } from "../ui/Segment.tsx";
import { Stepper } from "../ui/Stepper.tsx";
import { Switch } from "../ui/Switch.tsx";
import { words } from "../words/index.ts";
import { kindOf, options, scale, valueText, type Option } from "./kind.ts";
import type { ControlHandle } from "./useControl.ts";

const DRAG_MS = 400;

/** A slider that is still being dragged is not sent yet; a switch is sent at once. */
export const stillMs = (command: CommandInfo): number => (kindOf(command) === "number" ? DRAG_MS : 0);

export const isWide = (command: CommandInfo): boolean => kindOf(command) !== "switch";

interface Props {
  handle: ControlHandle;
  command: CommandInfo;
  role: DeviceInfo["role"];
  label: string;
  /** When a wish of now ends (UTC ms); null = it has no end of its own. */
  end: () => number | null;
}

export function Widget({ handle, command, role, label, end }: Props) {
  const { value } = handle;
  const ask = (v: Value) => handle.ask(v, end());
  const isOpen = role === "house" && value === null;
  switch (kindOf(command)) {
    case "switch":
      return <Switch label={label} on={Boolean(value)} known={value !== null} onChange={ask} />;
    case "choice":
      return <Choice label={label} choices={options(command, role)} value={value} ask={ask} />;
    case "number":
      return (
        <Stepper
          label={label}
          value={typeof value === "number" ? value : isOpen ? scale(command).high : null}
          {...scale(command)}
          text={value === null ? (isOpen ? words.limits.none : words.control.unknown) : valueText(command.point, command.unit, value)}
          onChange={ask}
        />
      );
  }
}

interface ChoiceProps {
  label: string;
  choices: Option[];
  value: Value | null;
  ask: (v: Value) => void;
}

function Choice({ label, choices, value, ask }: ChoiceProps) {
  return (
    <Segment
      label={label}
      options={choices.map((c) => ({ value: String(c.value), text: c.text }))}
      value={value === null ? null : String(value)}
      onChange={(picked) => ask(choices.find((c) => String(c.value) === picked)!.value)}
    />
  );
}
