import { Link } from "@tanstack/react-router";
import { useHealth } from "../../api/queries.ts";
import type { DeviceInfo } from "../../api/types.gen.ts";
import { Icon } from "../../ui/Icon.tsx";
import { words } from "../../words/index.ts";
import { lostText, partText, troubles } from "./trouble.ts";

export const ATTENTION = "attention";
const t = words.now;

/** Only there when something is wrong: what, since when, why, and what still works. */
export function Attention({ devices }: { devices: readonly DeviceInfo[] }) {
  const health = useHealth().data;
  const { lost, parts } = troubles(devices, health);
  if (!lost.length && !parts.length) return null;
  return (
    <section id={ATTENTION} tabIndex={-1} className="attention card" aria-labelledby="attention-title">
      <h2 id="attention-title">
        <Icon name="warning" />
        {t.attention}
      </h2>
      <ul>
        {lost.map((d) => (
          <li key={d.id}>
            {lostText(d)} <span className="quiet small reason">{d.link.reason}</span>
          </li>
        ))}
        {parts.map((part) => (
          <li key={part[0]}>{partText(part)}</li>
        ))}
      </ul>
      <p className="quiet small">{t.stillWorks}</p>
      {lost.length > 0 && <Link to="/devices">{t.toDevices}</Link>}
    </section>
  );
}
