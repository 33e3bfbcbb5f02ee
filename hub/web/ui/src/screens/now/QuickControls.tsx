import type { CommandInfo, DeviceInfo } from "../../api/types.gen.ts";
import { ControlRow } from "../../control/ControlRow.tsx";
import { quantityOf, valueText } from "../../control/kind.ts";
import { pointOf } from "../../model/layout.ts";
import { Figure } from "../../ui/Figure.tsx";
import { ORDER, ROLES } from "../../ui/roles.ts";
import { deviceName } from "../../words/format.ts";
import { words } from "../../words/index.ts";

interface Quick {
  device: DeviceInfo;
  command: CommandInfo;
}

/** What people switch every day: modes, plugs and lights. All the rest is on the Devices screen. */
export function QuickControls({ devices }: { devices: readonly DeviceInfo[] }) {
  const quick = quickOf(devices);
  return (
    <section className="card rows" aria-labelledby="controls">
      <h2 id="controls">{words.now.controls}</h2>
      {quick.map(({ device, command }) => (
        <ControlRow
          key={command.point}
          device={device}
          command={command}
          title={deviceName(device.id)}
          icon={{ name: ROLES[device.role].icon, role: ROLES[device.role].colour }}
          below={<Draw device={device} />}
        />
      ))}
      {quick.length === 0 && <p className="quiet">{words.now.noControls}</p>}
    </section>
  );
}

function Draw({ device }: { device: DeviceInfo }) {
  const point = pointOf(device, "power");
  return point ? <Figure short point={point} format={(v) => valueText(point, "W", v, { role: device.role })} /> : null;
}

function quickOf(devices: readonly DeviceInfo[]): Quick[] {
  return [...devices]
    .sort((a, b) => ORDER.indexOf(a.role) - ORDER.indexOf(b.role))
    .flatMap((device) =>
      device.commands
        .filter((c) => ["on", "mode"].includes(quantityOf(c.point)))
        .map((command) => ({ device, command })),
    );
}
