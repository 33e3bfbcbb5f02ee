import { useDecisionsAwaited } from "../../api/decisions.ts";
import { useDevices } from "../../api/queries.ts";
import type { DeviceInfo } from "../../api/types.gen.ts";
import { ORDER } from "../../ui/roles.ts";
import { words } from "../../words/index.ts";
import { DeviceCard } from "./DeviceCard.tsx";

const t = words.devices;

/** What is in the house, how it is, and what can be asked of it. */
export function Devices() {
  const listed = useDevices().data;
  const devices = useDecisionsAwaited() ? undefined : listed;
  return (
    <div className="devices">
      <h1>{t.title}</h1>
      {!devices && <p className="quiet">{t.loading}</p>}
      <div className="columns">
        {ORDER.map((role) => (
          <Group key={role} role={role} devices={devices?.filter((d) => d.role === role) ?? []} />
        ))}
      </div>
    </div>
  );
}

function Group({ role, devices }: { role: DeviceInfo["role"]; devices: DeviceInfo[] }) {
  if (!devices.length) return null;
  return (
    <section aria-labelledby={`group-${role}`}>
      <h2 id={`group-${role}`}>{t.groups[role]}</h2>
      {devices.map((d) => (
        <DeviceCard key={d.id} device={d} />
      ))}
    </section>
  );
}
