import { useEffect, useRef, type KeyboardEvent } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useThemeInForce } from "../../app/theme.ts";
import { placeOf } from "../../model/series.ts";
import { panned, showing, zoomed } from "../../model/view.ts";
import { words } from "../../words/index.ts";
import type { ChartData } from "./chart.ts";
import { gestures } from "./gestures.ts";
import { columnsOf, optionsOf } from "./options.ts";
import type { Zoom } from "./useZoom.ts";

interface Props {
  title: string;
  data: ChartData;
  cursor: number | null;
  onCursor: (t: number | null) => void;
  zoom: Zoom;
}

const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, PageUp: -15, PageDown: 15 };
const ZOOMS: Record<string, number> = { "+": 0.5, "=": 0.5, "-": 2 };
const PAN = 0.25;

/** The canvas. It is made anew when its lines or colours change, and only fed when just its numbers do. */
export default function Plot({ title, data, cursor, onCursor, zoom }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const latest = useRef({ data, zoom });
  latest.current = { data, zoom };
  const theme = useThemeInForce();
  const shape = data.lines.map((l) => l.label).join() + data.zone;

  useEffect(() => {
    const box = frame.current!;
    const size = () => ({ width: box.clientWidth, height: box.clientHeight });
    const now = { data: () => latest.current.data, zoom: () => latest.current.zoom, onCursor };
    const made = new uPlot(optionsOf(size(), now), columnsOf(now.data()), box);
    const release = gestures(made.over, now);
    plot.current = made;
    const watch = new ResizeObserver(() => made.setSize(size()));
    watch.observe(box);
    return () => {
      watch.disconnect();
      release();
      made.destroy();
    };
  }, [theme, shape, onCursor]);

  useEffect(() => plot.current?.setData(columnsOf(data)), [data]);

  useEffect(() => point(plot.current, cursor), [cursor]);

  function onKeyDown(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const [step, factor] = [STEPS[event.key], ZOOMS[event.key]];
    const view = zoom.now();
    if (step !== undefined && event.shiftKey) zoom.show(panned(view, Math.sign(step) * PAN * (view.to - view.from), zoom.whole));
    else if (step !== undefined) moveCursor(step);
    else if (factor) zoom.show(zoomed(view, factor, inside(cursor) ?? (view.from + view.to) / 2, zoom.whole));
    else if (event.key === "0") zoom.reset();
    else return;
    event.preventDefault();
  }

  const inside = (t: number | null): number | null => (t !== null && t >= data.view.from && t <= data.view.to ? t : null);

  /** From bucket to bucket; at the edge the view goes along. */
  function moveCursor(step: number): void {
    const [first, last] = [placeOf(data.t, data.view.from - 1) + 1, placeOf(data.t, data.view.to)];
    const at = inside(cursor) === null ? (step < 0 ? last + 1 : first - 1) : placeOf(data.t, cursor!);
    const t = data.t[Math.min(data.t.length - 1, Math.max(0, at + step))];
    if (t === undefined) return;
    onCursor(t);
    const next = showing(data.view, t, zoom.whole);
    if (next !== data.view) zoom.show(next);
  }

  return (
    <div
      ref={frame}
      className="plot"
      role="application"
      aria-roledescription="chart"
      tabIndex={0}
      aria-label={`${title}. ${words.energy.hint}`}
      data-from={data.view.from}
      data-to={data.view.to}
      onKeyDown={onKeyDown}
      onBlur={() => onCursor(null)}
    />
  );
}

/** Moves the line of a chart to where another one, or the keyboard, points. */
function point(plot: uPlot | null, t: number | null): void {
  if (!plot) return;
  const own = plot.cursor.left != null && plot.cursor.left >= 0 ? plot.cursor.idx : null;
  if ((own == null ? null : plot.data[0][own]! * 1000) === t) return;
  plot.setCursor(t === null ? { left: -10, top: -10 } : { left: plot.valToPos(t / 1000, "x"), top: 8 }, false);
}
