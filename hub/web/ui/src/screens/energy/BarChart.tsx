import { useId, useMemo, type KeyboardEvent } from "react";
import type { Bars } from "../../model/energy.ts";
import { barStep, type Period } from "../../model/period.ts";
import { ticksOf } from "../../model/ticks.ts";
import { number } from "../../words/format.ts";
import { words } from "../../words/index.ts";
import { barLabel, barName } from "../../words/period.ts";
import { barsFrom, reach, ROLE_OF, type Bar, type Piece } from "./barsModel.ts";
import { Patterns, ROLES_DRAWN } from "./Patterns.tsx";

const LEFT = 46;
const FOOT = 26;
const TOP = 8;
const TICK_PX = 44;
const LABEL_PX: Record<string, number> = { week: 34, month: 26, year: 30, custom: 26 };
const WIDEST = 44;
const BESIDE = 2;

interface Props {
  bars: Bars;
  base: Bars | undefined;
  period: Period;
  width: number;
  title: string;
  zone: string;
  now: number;
  pointed: number | null;
  picked: number | null;
  point: (index: number | null) => void;
  pick: (index: number | null) => void;
  onOpen: ((index: number) => void) | undefined;
}

/** Our own drawing; the keyboard moves from bar to bar, as it does in the line charts. */
export function BarChart({ bars, base, period, width, title, zone, now, pointed, picked, point, pick, onOpen }: Props) {
  const drawn = useMemo(() => barsFrom(bars, now), [bars, now]);
  const ghosts = useMemo(() => (base ? barsFrom(base, now) : []), [base, now]);
  const id = useId();
  const height = width < 560 ? 280 : 340;
  const ticks = ticksOf(...reach([...drawn, ...ghosts]), (height - FOOT - TOP) / TICK_PX);
  const [low, high] = [ticks[0] ?? 0, ticks.at(-1) || 1000];
  const y = (wh: number): number => TOP + ((high - wh) / (high - low)) * (height - FOOT - TOP);
  const slot = (width - LEFT) / drawn.length;
  const [wide, narrow] = [Math.min(WIDEST, slot * (base ? 0.52 : 0.68)), Math.min(WIDEST / 2, slot * 0.24)];
  const left = (slot - wide - (base ? narrow + BESIDE : 0)) / 2;
  const every = Math.ceil(LABEL_PX[period.kind]! / slot);
  const place = pointed ?? picked;

  function onKeyDown(event: KeyboardEvent): void {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) point(Math.min(drawn.length - 1, Math.max(0, (place ?? (step < 0 ? drawn.length : -1)) + step)));
    else if (event.key === "Enter" && place !== null) onOpen && picked === place ? onOpen(place) : pick(place);
    else return;
    event.preventDefault();
  }

  const indexAt = (x: number, left: number): number | null => {
    const i = Math.floor((x - left - LEFT) / slot);
    return i >= 0 && i < drawn.length ? i : null;
  };

  return (
    <div
      className="bars"
      role="application"
      aria-roledescription="chart"
      tabIndex={0}
      aria-label={`${title}. ${words.energy.barsHint}`}
      onKeyDown={onKeyDown}
      onBlur={() => point(null)}
      onPointerMove={(e) => point(indexAt(e.clientX, e.currentTarget.getBoundingClientRect().left))}
      onPointerLeave={() => point(null)}
      onClick={(e) => pick(indexAt(e.clientX, e.currentTarget.getBoundingClientRect().left))}
      onDoubleClick={() => picked !== null && onOpen?.(picked)}
    >
      <svg width={width} height={height} aria-hidden="true">
        <Patterns id={id} />
        {ticks.map((tick) => (
          <g key={tick}>
            <line x1={LEFT} x2={width} y1={y(tick)} y2={y(tick)} className={tick === 0 ? "zero" : "rule"} />
            <text x={LEFT - 8} y={y(tick) + 4} textAnchor="end">
              {number(Math.abs(tick) / 1000, digits(high - low))}
            </text>
          </g>
        ))}
        {drawn.map((bar, i) => (
          <g key={bar.span.start} data-bar={i} transform={`translate(${LEFT + i * slot} 0)`}>
            {i === place && <rect className="picked" width={slot} y={TOP} height={height - FOOT - TOP} />}
            <Stack bar={bar} y={y} id={id} x={left} width={wide} />
            {ghosts[i] && <Stack ghost bar={ghosts[i]} y={y} id={id} x={left + wide + BESIDE} width={narrow} />}
            {bar.gap && <text className="gap" x={slot / 2} y={y(0) - 6} textAnchor="middle">{words.dash}</text>}
            {i % every === 0 && (
              <text x={slot / 2} y={height - 8} textAnchor="middle">
                {barLabel(bar.span, period, zone)}
              </text>
            )}
          </g>
        ))}
      </svg>
      <span className="unseen">{place !== null && barName(drawn[place]!.span, barStep(period), zone)}</span>
    </div>
  );
}

const digits = (span: number): number => (span < 4_000 ? 1 : 0);

interface StackProps {
  bar: Bar;
  y: (wh: number) => number;
  id: string;
  x: number;
  width: number;
  ghost?: boolean;
}

function Stack({ bar, y, id, x, width, ghost = false }: StackProps) {
  return bar.pieces.map((piece) => {
    const [top, bottom] = [y(Math.max(piece.from, piece.to)), y(Math.min(piece.from, piece.to))];
    const role = ROLE_OF[piece.flow];
    return (
      <rect
        key={piece.flow}
        data-role={role}
        data-flow={piece.flow}
        data-trust={piece.trust}
        data-ghost={ghost}
        className="piece"
        x={x}
        y={top}
        width={width}
        height={Math.max(0.5, bottom - top)}
        fill={ghost ? "none" : fillOf(piece, id, role)}
      />
    );
  });
}

const fillOf = ({ trust }: Piece, id: string, role: (typeof ROLES_DRAWN)[number]): string =>
  trust === "unsure" ? `url(#${id}unsure-${role})` : "var(--role)";
