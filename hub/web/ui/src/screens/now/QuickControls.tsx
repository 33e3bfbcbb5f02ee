import { useDecisionsAwaited } from "../../api/decisions.ts";
import type { CommandInfo, DeviceInfo } from "../../api/types.gen.ts";
import { ControlRow } from "../../control/ControlRow.tsx";
import { quantityOf, valueText } from "../../control/kind.ts";
import { heatPower, pointOf } from "../../model/layout.ts";
import { Figure } from "../../ui/Figure.tsx";
import { ORDER, ROLES } from "../../ui/roles.ts";
import { deviceName } from "../../words/format.ts";
import { words } from "../../words/index.ts";

interface Quick {
  device: DeviceInfo;
  command: CommandInfo;
  also: string[];
}

/** What people switch every day: modes, plugs and lights. All the rest is on the Devices screen. */
export function QuickControls({ devices }: { devices: readonly DeviceInfo[] }) {
  const awaited = useDecisionsAwaited();
  const quick = awaited ? [] : quickOf(devices);
  return (
    <section className="card rows" aria-labelledby="controls">
      <h2 id="controls">{words.now.controls}</h2>
      {quick.map(({ device, command, also }) => (
        <ControlRow
          key={command.point}
          device={device}
          command={command}
          title={deviceName(device.id)}
          icon={{ name: ROLES[device.role].icon, role: ROLES[device.role].colour }}
          also={also}
          below={<Below device={device} devices={devices} />}
        />
      ))}
      {quick.length === 0 && !awaited && <p className="quiet">{words.now.noControls}</p>}
    </section>
  );
}

/** How the device is and what it draws; of what the hub switches by itself also how. */
function Below({ device, devices }: { device: DeviceInfo; devices: readonly DeviceInfo[] }) {
  const { role } = device;
  const state = pointOf(device, role === "heatpump" ? "sg_ready" : role === "charger" ? "status" : "");
  const mode = role === "plug" ? pointOf(device, "mode") : undefined;
  const power = role === "heatpump" ? heatPower(device, devices)[0] : pointOf(device, "power");
  return (
    <>
      {state && <Figure short point={state} format={(v) => valueText(state, "", v, { role })} />}
      {power && <Figure short point={power} format={(v) => valueText(power, "W", v, { role })} />}
      {mode && <Figure short point={mode} format={(v) => valueText(mode, "", v, { role })} />}
    </>
  );
}

/** A plug is switched every day, its mode is not. */
const rowsOf = (device: DeviceInfo): CommandInfo[] =>
  device.commands.filter((c) => quantityOf(c.point) === "on" || (quantityOf(c.point) === "mode" && device.role !== "plug"));

function quickOf(devices: readonly DeviceInfo[]): Quick[] {
  return [...devices]
    .sort((a, b) => ORDER.indexOf(a.role) - ORDER.indexOf(b.role))
    .flatMap((device) => {
      const rows = rowsOf(device);
      const rest = device.commands.map((c) => c.point).filter((p) => !rows.some((c) => c.point === p));
      return rows.map((command, i) => ({ device, command, also: i === 0 ? rest : [] }));
    });
}
