import { useHealth } from "../../api/queries.ts";
import type { DeviceInfo } from "../../api/types.gen.ts";
import { useLink } from "../../live/hooks.ts";
import { Icon } from "../../ui/Icon.tsx";
import { words } from "../../words/index.ts";
import { moment } from "../../words/moment.ts";
import { ATTENTION } from "./Attention.tsx";
import { Limits } from "./Limits.tsx";
import { told, troubles } from "./trouble.ts";

/** The line above the sentence: what time it speaks of, which limit holds, or what needs attention. Its room is always there. */
export function Eyebrow({ devices }: { devices: readonly DeviceInfo[] }) {
  const link = useLink();
  const health = useHealth().data;
  const lines = told(troubles(devices, health));
  if (link.phase === "lost") return <p className="eyebrow quiet small">{words.now.lastKnown(moment(link.since, true))}</p>;
  if (!lines.length) return <Limits devices={devices} none={words.now.title} />;
  return (
    <>
      <p className="eyebrow">
        <button type="button" className="alarm" onClick={() => document.getElementById(ATTENTION)?.focus()}>
          <Icon name="warning" />
          <span>{lines.length === 1 ? lines[0] : words.now.several(lines.length)}</span>
        </button>
      </p>
      <Limits devices={devices} />
    </>
  );
}
