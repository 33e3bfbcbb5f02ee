import type { DeviceInfo, Health } from "../../api/types.gen.ts";
import { deviceName } from "../../words/format.ts";
import { words } from "../../words/index.ts";
import { moment } from "../../words/moment.ts";

export interface Troubles {
  lost: DeviceInfo[];
  parts: Array<[part: string, what: string]>;
}

/** `devices` are named one by one as `lost`; without `discovery` the house works, only not by its name. */
const NOT_TOLD = new Set(["devices", "discovery"]);

/** Devices that were there and are not, and parts of the hub that say what is wrong with them. */
export function troubles(devices: readonly DeviceInfo[], health: Health | undefined): Troubles {
  const degraded = health?.status === "degraded" ? Object.entries(health.parts) : [];
  return {
    lost: devices.filter((d) => d.link.state === "lost"),
    parts: degraded.filter(([part, what]) => what !== "ok" && !NOT_TOLD.has(part)),
  };
}

export const lostText = (d: DeviceInfo): string => words.now.deviceLost(deviceName(d.id), moment(d.link.since, true));

export const partText = ([part, what]: [string, string]): string => words.now.part(words.now.parts[part] ?? part, what);

export const told = ({ lost, parts }: Troubles): string[] => [
  ...lost.map(lostText),
  ...parts.map(partText),
];
