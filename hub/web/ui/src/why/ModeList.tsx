import type { CommandInfo, DeviceInfo } from "../api/types.gen.ts";
import { options } from "../control/kind.ts";
import { words } from "../words/index.ts";
import { modeDoes } from "../words/modes.ts";

/** What each mode of the device does. */
export function ModeList({ device, command }: { device: DeviceInfo; command: CommandInfo }) {
  return (
    <details>
      <summary>{words.why.modes}</summary>
      <dl className="readings">
        {options(command, device.role).map(({ value, text }) => (
          <div key={text}>
            <dt>{text}</dt>
            <dd>{modeDoes(device.role, String(value))}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
