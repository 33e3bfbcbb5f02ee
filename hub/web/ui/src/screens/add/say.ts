import type { FoundDevice } from "../../api/types.gen.ts";
import { found as t } from "../../words/found.ts";
import { maker, placeOf, rolesOf } from "./found.ts";

/** "Fluxwerk Hybrid 10.0"; what it is, where its maker is not known. */
export function titleOf(f: FoundDevice): string {
  const [role] = rolesOf(f);
  return maker(f) || (role ? t.roles[role] : t.something);
}

/** "Modbus, 192.168.1.70:502, unit 3"; "MQTT, at the hub itself, light_kitchen" */
export function whereOf(f: FoundDevice): string {
  const { channel, topic, unit } = f.options;
  return [
    t.ways[f.driver] ?? f.driver,
    placeOf(f.link) || t.hubBroker,
    ...(topic === undefined ? [] : [String(topic)]),
    ...(channel === undefined ? [] : [t.channel(String(channel))]),
    ...(unit === undefined || unit === 1 ? [] : [t.unitNumber(String(unit))]),
  ].join(", ");
}

/** What its owner has to do before it tells more; the hub puts it behind what gave the device away. */
export function advice(f: FoundDevice): string {
  const text = f.how.split("; ").slice(1).join("; ");
  return text && `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
