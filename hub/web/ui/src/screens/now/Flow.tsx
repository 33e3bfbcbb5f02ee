import type { DeviceInfo } from "../../api/types.gen.ts";
import { driving } from "../../control/driven.ts";
import type { Topic } from "../../control/kind.ts";
import { HEIGHT, lineWidth, path, WIDTH } from "../../model/flow.ts";
import type { Layout, SpokeKind } from "../../model/layout.ts";
import { IDLE_W, spokesOf, type Read, type Spoke } from "../../model/spokes.ts";
import { SPOKES } from "../../ui/roles.ts";
import { words } from "../../words/index.ts";
import { HomeNode, SpokeNode } from "./FlowNode.tsx";

interface Props {
  devices: readonly DeviceInfo[];
  layout: Layout;
  read: Read;
  known: boolean;
}

/** The house in one picture. The lines are decoration: each node tells its figure and direction in words. A node whose
    devices the hub drives opens why they do what they do. */
export function Flow({ devices, layout, read, known }: Props) {
  const spokes = known ? spokesOf(layout, read) : [];
  return (
    <div className="flow" style={{ aspectRatio: `${WIDTH} / ${HEIGHT}` }}>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true" focusable="false">
        {spokes.map((spoke) => (
          <Line key={spoke.kind} spoke={spoke} />
        ))}
      </svg>
      <ul aria-label={words.now.flowLabel}>
        <HomeNode layout={layout} read={read} known={known} />
        {spokes.map((spoke) => (
          <SpokeNode key={spoke.kind} spoke={spoke} layout={layout} topics={topicsOf(spoke.kind, devices)} />
        ))}
      </ul>
    </div>
  );
}

const DRIVEN: Partial<Record<SpokeKind, DeviceInfo["role"]>> = { solar: "inverter", battery: "battery", car: "charger", heat: "heatpump" };

const topicsOf = (kind: SpokeKind, devices: readonly DeviceInfo[]): Topic[] => devices.filter((d) => d.role === DRIVEN[kind]).flatMap(driving);

function Line({ spoke }: { spoke: Spoke }) {
  const state = spoke.watts === null ? "unknown" : Math.abs(spoke.watts) < IDLE_W ? "idle" : spoke.watts > 0 ? "in" : "out";
  const width = lineWidth(spoke.watts ?? 0);
  const d = path(spoke.kind);
  return (
    <g data-role={SPOKES[spoke.kind].colour} data-flow={state}>
      <path className="bed" d={d} strokeWidth={state === "in" || state === "out" ? width : 1.5} />
      {(state === "in" || state === "out") && <path className="stream" d={d} strokeWidth={width} />}
    </g>
  );
}
