import type { PointerEvent } from "react";
import { clockTime, dayOf, midnight } from "../../../model/day.ts";
import { words } from "../../../words/index.ts";
import { zoneName } from "../../../words/moment.ts";
import { ahead as t } from "../../../words/ahead.ts";
import { AFTER, BEFORE, HOUR, LABEL, type Picture } from "./rows.ts";

interface Props {
  picture: Picture;
  width: number;
  now: number;
  chosen: number;
  said: string;
  onChoose: (t: number) => void;
}

/** One axis of time for all strips. A touch or a click chooses the moment whose reasons are told below. */
export function AheadChart({ picture, width, now, chosen, said, onChoose }: Props) {
  const { rows, height, x } = picture;
  const point = (event: PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    onChoose(now - BEFORE + share * (BEFORE + AFTER));
  };
  const hours = ticks(now);
  return (
    <svg className="ahead-picture" viewBox={`0 0 ${width} ${height}`} height={height} role="img" aria-label={said} onPointerDown={point}>
      {hours.map((h) => (
        <line key={h} x1={x(h)} x2={x(h)} y1={0} y2={height - 18} className="hour" />
      ))}
      {rows.map((row) => (
        <g key={row.name}>
          {row.paths.length === 0 && <rect x={0} y={row.top + LABEL} width={width} height={row.height - LABEL} rx={4} className="lane" />}
          {row.paths.map((p) => p.d && <path key={p.style + p.d.length} d={p.d} className={p.style} />)}
          {row.blocks.map((b) => (
            <rect key={b.from} x={x(b.from)} y={row.top + LABEL} width={Math.max(2, x(b.to) - x(b.from))} height={row.height - LABEL} rx={4} className="work" data-role={row.role} />
          ))}
          <text x={4} y={row.top + 13}>
            {row.name}
          </text>
        </g>
      ))}
      {hours.map((h) => (
        <text key={h} x={x(h)} y={height - 4} textAnchor="middle" className="tick">
          {clockTime(h, zoneName(), words.locale)}
        </text>
      ))}
      <line x1={x(now)} x2={x(now)} y1={0} y2={height - 18} className="now-line" />
      <text x={x(now) + 4} y={13} className="now-word">
        {t.now}
      </text>
      <line x1={x(chosen)} x2={x(chosen)} y1={0} y2={height - 18} className="chosen-line" />
    </svg>
  );
}

/** Every sixth hour of the house's clock, but none that would be cut off at an edge. */
function ticks(now: number): number[] {
  const start = midnight(dayOf(now - BEFORE, zoneName()), zoneName());
  const all = Array.from({ length: 10 }, (_, i) => start + i * 6 * HOUR);
  return all.filter((h) => h > now - BEFORE + HOUR && h < now + AFTER - HOUR);
}
