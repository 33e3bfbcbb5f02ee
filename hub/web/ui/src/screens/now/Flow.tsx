import { HEIGHT, lineWidth, path, WIDTH } from "../../model/flow.ts";
import type { Layout } from "../../model/layout.ts";
import { IDLE_W, spokesOf, type Read, type Spoke } from "../../model/spokes.ts";
import { SPOKES } from "../../ui/roles.ts";
import { words } from "../../words/index.ts";
import { HomeNode, SpokeNode } from "./FlowNode.tsx";

/** The house in one picture. The lines are decoration: each node tells its figure and direction in words. */
export function Flow({ layout, read, known }: { layout: Layout; read: Read; known: boolean }) {
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
          <SpokeNode key={spoke.kind} spoke={spoke} layout={layout} />
        ))}
      </ul>
    </div>
  );
}

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
