import { useEffect, useRef, type KeyboardEvent } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useThemeInForce } from "../../app/theme.ts";
import { words } from "../../words/index.ts";
import type { ChartData } from "./chart.ts";
import { columnsOf, optionsOf } from "./options.ts";

interface Props {
  title: string;
  data: ChartData;
  cursor: number | null;
  onCursor: (index: number | null) => void;
}

const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, PageUp: -15, PageDown: 15 };

/** The canvas. It is made anew when its lines or colours change, and only fed when just its numbers do. */
export default function Plot({ title, data, cursor, onCursor }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const latest = useRef(data);
  latest.current = data;
  const theme = useThemeInForce();
  const shape = data.lines.map((l) => l.label).join() + data.zone;

  useEffect(() => {
    const box = frame.current!;
    const size = () => ({ width: box.clientWidth, height: box.clientHeight });
    const made = new uPlot(optionsOf(latest.current, size(), () => latest.current, onCursor), columnsOf(latest.current), box);
    plot.current = made;
    const watch = new ResizeObserver(() => made.setSize(size()));
    watch.observe(box);
    return () => {
      watch.disconnect();
      made.destroy();
    };
  }, [theme, shape, onCursor]);

  useEffect(() => plot.current?.setData(columnsOf(data)), [data]);

  useEffect(() => point(plot.current, cursor), [cursor]);

  function onKeyDown(event: KeyboardEvent): void {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const last = data.t.length - 1;
    onCursor(Math.min(last, Math.max(0, (cursor ?? (step < 0 ? last + 1 : -1)) + step)));
  }

  return (
    <div
      ref={frame}
      className="plot"
      role="application"
      aria-roledescription="chart"
      tabIndex={0}
      aria-label={`${title}. ${words.energy.hint}`}
      onKeyDown={onKeyDown}
      onBlur={() => onCursor(null)}
    />
  );
}

/** Moves the line of a chart to where another one, or the keyboard, points. */
function point(plot: uPlot | null, index: number | null): void {
  if (!plot || (plot.cursor.left != null && plot.cursor.left >= 0 ? plot.cursor.idx : null) === index) return;
  const time = index === null ? undefined : plot.data[0][index];
  plot.setCursor(time === undefined ? { left: -10, top: -10 } : { left: plot.valToPos(time, "x"), top: 8 }, false);
}
