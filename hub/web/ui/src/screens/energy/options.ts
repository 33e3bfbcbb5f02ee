import uPlot from "uplot";
import { marked } from "../../model/view.ts";
import { clockTime } from "../../model/day.ts";
import { words } from "../../words/index.ts";
import type { ChartData, Line } from "./chart.ts";
import type { Zoom } from "./useZoom.ts";

const FONT = "12px system-ui, sans-serif";
const MINUTE_S = 60;
const INCRS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 14_400, 21_600, 86_400];
const MEANT_PX = 6;

/** The chart as it is at the moment of asking. */
export interface Now {
  data: () => ChartData;
  zoom: () => Zoom;
  onCursor: (t: number | null) => void;
}

/** Times, the lines, then low and high of each line that has a band. */
export const columnsOf = (data: ChartData): uPlot.AlignedData => [
  data.t.map((t) => t / 1000),
  ...data.lines.map((l) => l.values),
  ...data.lines.filter(mayBand).flatMap((l) => l.band ?? [l.values, l.values]),
];

const mayBand = (line: Line): boolean => !line.ghost && !line.stepped;

/** Colours come from the style sheet, so that the theme counts here, too. */
const css = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export function optionsOf(size: { width: number; height: number }, now: Now): uPlot.Options {
  const { lines, zone } = now.data();
  const axis = { stroke: css("--ink-2"), font: FONT, grid: { stroke: css("--line"), width: 1 }, ticks: { show: false } };
  const banded = lines.filter(mayBand);
  return {
    ...size,
    tzDate: (s) => uPlot.tzDate(new Date(s * 1000), zone),
    legend: { show: false },
    padding: [8, 20, 0, 0],
    cursor: {
      y: false,
      drag: { x: true, y: false, setScale: false },
      points: { size: (_u, i) => (i <= lines.length ? 7 : 0) },
      bind: { mousedown: unlessShift, dblclick: () => () => (now.zoom().reset(), null) },
    },
    scales: {
      x: { time: true, range: () => [now.data().view.from / 1000, now.data().view.to / 1000] },
      y: { range: (_u, low, high) => now.data().range ?? padded(low, high, now.data().least) },
    },
    axes: [
      { ...axis, space: 64, size: 28, incrs: INCRS, values: (_u, ticks, _i, _s, incr) => ticks.map((s) => clockTime(s * 1000, zone, words.locale, incr < MINUTE_S)) },
      { ...axis, size: 40, space: 28, values: (_u, ticks) => ticks.map((v) => now.data().tick(v)) },
    ],
    series: [{}, ...lines.map(seriesOf), ...banded.flatMap(() => [EDGE, EDGE])],
    bands: banded.map((line, i) => {
      const low = 1 + lines.length + 2 * i;
      return { series: [low + 1, low], fill: `${css(line.colour)}24` };
    }),
    hooks: {
      setCursor: [(u) => now.onCursor(u.cursor.left != null && u.cursor.left >= 0 && u.cursor.idx != null ? u.data[0][u.cursor.idx]! * 1000 : null)],
      setSelect: [(u) => showMarked(u, now.zoom())],
    },
  };
}

/** The lowest and highest are not lines themselves: the space between them is filled. */
const EDGE: uPlot.Series = { width: 0, points: { show: false } };

function seriesOf(line: Line): uPlot.Series {
  const stroke = css(line.colour);
  const series: uPlot.Series = {
    label: line.label,
    stroke: line.ghost ? `${stroke}c0` : stroke,
    width: line.ghost ? 1.5 : 2,
    points: { size: 4, fill: stroke, show: (u, i, from, to) => to - from < 2 && u.data[i]!.some((v) => v != null) },
    spanGaps: false,
  };
  if (line.dash) series.dash = line.dash;
  if (line.filled) series.fill = `${stroke}24`;
  const stepped = line.stepped && uPlot.paths.stepped?.({ align: 1 });
  if (stepped) series.paths = stepped;
  return series;
}

/** With shift the drag moves the view: that is not the mark's. */
const unlessShift: uPlot.Cursor.MouseListenerFactory = (_u, _target, handler) => (e) => (e.shiftKey ? null : handler(e));

function showMarked(u: uPlot, zoom: Zoom): void {
  const { left, width } = u.select;
  if (width < MEANT_PX) return;
  const at = (x: number) => u.posToVal(x, "x") * 1000;
  zoom.show(marked(at(left), at(left + width), zoom.whole));
  u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
}

/** Zero is always in sight, and a little air above and below. */
function padded(low: number | null, high: number | null, least: number): [number, number] {
  const bottom = Math.min(0, low ?? 0);
  const top = Math.max(0, high ?? 0);
  if (top === bottom) return [0, least];
  const air = (top - bottom) * 0.06;
  return [bottom < 0 ? bottom - air : 0, top + air];
}
