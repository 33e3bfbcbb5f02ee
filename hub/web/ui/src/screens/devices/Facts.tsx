import type { DeviceInfo } from "../../api/types.gen.ts";
import { deviceName } from "../../words/format.ts";
import { words } from "../../words/index.ts";

const t = words.devices;

export function Facts({ device }: { device: DeviceInfo }) {
  const facts: Array<[string, string]> = [
    [t.model, [device.vendor, device.model].filter(Boolean).join(" ")],
    [t.serial, device.serial],
    [t.firmware, device.firmware],
    [t.address, `${device.link.driver} ${device.link.address}`.trim()],
    [t.place, device.behind && t.behind(deviceName(device.behind))],
  ];
  return (
    <dl className="readings facts">
      {facts
        .filter(([, text]) => text)
        .map(([name, text]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
    </dl>
  );
}
