import type { CSSProperties } from "react";
import type { Topic } from "../../control/kind.ts";
import { WhyButton } from "../../control/WhyButton.tsx";
import { HEIGHT, HOME, PLACES, WIDTH, type Place } from "../../model/flow.ts";
import type { Layout } from "../../model/layout.ts";
import { IDLE_W, sum, type Read, type Spoke } from "../../model/spokes.ts";
import { Figure, raw, ShortSilence, Silence } from "../../ui/Figure.tsx";
import { Icon } from "../../ui/Icon.tsx";
import { SPOKES } from "../../ui/roles.ts";
import { percent, power } from "../../words/format.ts";
import { words } from "../../words/index.ts";

const at = ({ x, y }: Place): CSSProperties => ({ insetInlineStart: `${(100 * x) / WIDTH}%`, insetBlockStart: `${(100 * y) / HEIGHT}%` });

export function HomeNode({ layout, read, known }: { layout: Layout; read: Read; known: boolean }) {
  const point = layout.consumption;
  const use = point ? sum([point], read) : { value: null, at: 0 };
  return (
    <li className="node home" style={at(HOME)} data-role="home">
      <span className="disc">
        <Icon name="home" />
        <span className="figure" data-point={point} data-value={raw(use.value)}>
          {use.value === null ? words.dash : power(use.value)}
        </span>
        <span className="word">{known && use.value === null ? <ShortSilence at={use.at} /> : words.now.words.using}</span>
      </span>
      <span className="unseen">{words.now.spokes.home}</span>
    </li>
  );
}

export function SpokeNode({ spoke, layout, topics }: { spoke: Spoke; layout: Layout; topics: readonly Topic[] }) {
  const look = SPOKES[spoke.kind];
  const known = spoke.watts !== null;
  return (
    <li className="node" style={at(PLACES[spoke.kind])} data-role={look.colour} data-kind={spoke.kind} data-known={known}>
      <span className="disc">
        <Icon name={look.icon} />
      </span>
      <span className="name">
        {name(spoke)}
        {spoke.kind === "battery" && layout.soc.slice(0, 1).map((p) => <Level key={p} point={p} />)}
      </span>
      <span className="figure" data-point={spoke.points.join("+") || undefined} data-value={raw(figureOf(spoke))}>
        {known ? power(spoke.watts!) : words.dash}
      </span>
      <span className="word">{known ? direction(spoke) : <Silence at={spoke.at} />}</span>
      {topics.length > 0 && <WhyButton topics={topics} name={name(spoke)} className="ask" />}
    </li>
  );
}

const Level = ({ point }: { point: string }) => (
  <>
    {" "}
    <Figure className="level" point={point} format={(v) => percent(Number(v))} />
  </>
);

function name(spoke: Spoke): string {
  return spoke.kind === "car" && spoke.points.length > 1 ? words.now.spokes.cars : words.now.spokes[spoke.kind];
}

/** In the point's own sign: loads count what they use. */
function figureOf(spoke: Spoke): number | null {
  const use = spoke.kind === "car" || spoke.kind === "heat" || spoke.kind === "other" || spoke.kind === "unexplained";
  return spoke.watts === null ? null : use ? -spoke.watts : spoke.watts;
}

function direction({ kind, watts }: Spoke): string {
  const w = words.now.words;
  const flow = watts ?? 0;
  if (kind === "unexplained") return w.unexplained;
  if (Math.abs(flow) < IDLE_W) return kind === "heat" ? w.off : w.idle;
  switch (kind) {
    case "solar":
      return w.producing;
    case "grid":
      return flow > 0 ? w.buying : w.selling;
    case "battery":
      return flow > 0 ? w.discharging : w.charging;
    case "car":
      return w.charging;
    case "heat":
      return w.running;
    case "other":
      return w.using;
  }
}
