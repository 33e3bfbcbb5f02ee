import type { CommandInfo, Value } from "../api/types.gen.ts";
import { Segment } from "../ui/Segment.tsx";
import { Stepper } from "../ui/Stepper.tsx";
import { Switch } from "../ui/Switch.tsx";
import { words } from "../words/index.ts";
import { kindOf, options, valueText } from "./kind.ts";
import type { ControlHandle } from "./useControl.ts";

const DRAG_MS = 400;

/** A slider that is still being dragged is not sent yet; a switch is sent at once. */
export const stillMs = (command: CommandInfo): number => (kindOf(command) === "number" ? DRAG_MS : 0);

export const isWide = (command: CommandInfo): boolean => kindOf(command) !== "switch";

interface Props {
  handle: ControlHandle;
  command: CommandInfo;
  label: string;
}

export function Widget({ handle, command, label }: Props) {
  const { value, ask } = handle;
  switch (kindOf(command)) {
    case "switch":
      return <Switch label={label} on={Boolean(value)} known={value !== null} onChange={ask} />;
    case "choice":
      return <Choice label={label} command={command} value={value} ask={ask} />;
    case "number":
      return (
        <Stepper
          label={label}
          value={typeof value === "number" ? value : null}
          low={command.low ?? 0}
          high={command.high ?? 100}
          step={command.step || 1}
          text={value === null ? words.control.unknown : valueText(command.point, command.unit, value)}
          onChange={ask}
        />
      );
  }
}

function Choice({ label, command, value, ask }: { label: string; command: CommandInfo; value: Value | null; ask: (v: Value) => void }) {
  const choices = options(command);
  return (
    <Segment
      label={label}
      options={choices.map((c) => ({ value: String(c.value), text: c.text }))}
      value={value === null ? null : String(value)}
      onChange={(picked) => ask(choices.find((c) => String(c.value) === picked)!.value)}
    />
  );
}
