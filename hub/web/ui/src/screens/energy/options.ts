import uPlot from "uplot";
import type { ChartData, Line } from "./chart.ts";

const FONT = "12px system-ui, sans-serif";
const DAY_S = 86_400;

export const columnsOf = (data: ChartData): uPlot.AlignedData => [
  data.t.map((t) => t / 1000),
  ...data.lines.map((l) => l.values),
];

/** Colours come from the style sheet, so that the theme counts here, too. */
const css = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export function optionsOf(
  data: ChartData,
  size: { width: number; height: number },
  latest: () => ChartData,
  onCursor: (index: number | null) => void,
): uPlot.Options {
  const ink = css("--ink-2");
  const axis = { stroke: ink, font: FONT, grid: { stroke: css("--line"), width: 1 }, ticks: { show: false } };
  return {
    ...size,
    tzDate: (s) => uPlot.tzDate(new Date(s * 1000), data.zone),
    legend: { show: false },
    padding: [8, 20, 0, 0],
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    scales: {
      x: { time: true, range: () => [latest().from / 1000, latest().to / 1000] },
      y: { range: (_u, low, high) => latest().range ?? padded(low, high) },
    },
    axes: [
      { ...axis, space: 56, size: 28, values: "{HH}:{mm}", incrs: [60, 300, 600, 1800, 3600, 7200, 10_800, 14_400, 21_600, DAY_S] },
      { ...axis, size: 40, space: 28, values: (_u, ticks) => ticks.map((v) => latest().tick(v)) },
    ],
    series: [{}, ...data.lines.map(seriesOf)],
    hooks: { setCursor: [(u) => onCursor(u.cursor.left != null && u.cursor.left >= 0 ? (u.cursor.idx ?? null) : null)] },
  };
}

function seriesOf(line: Line): uPlot.Series {
  const stroke = css(line.colour);
  const series: uPlot.Series = {
    label: line.label,
    stroke,
    width: 2,
    points: { size: 4, fill: stroke, show: (u, i, from, to) => to - from < 2 && u.data[i]!.some((v) => v != null) },
    spanGaps: false,
  };
  if (line.dash) series.dash = line.dash;
  if (line.filled) series.fill = `${stroke}29`;
  const stepped = line.stepped && uPlot.paths.stepped?.({ align: 1 });
  if (stepped) series.paths = stepped;
  return series;
}

/** Zero is always in sight, and a little air above and below. */
function padded(low: number | null, high: number | null): [number, number] {
  const bottom = Math.min(0, low ?? 0);
  const top = Math.max(0, high ?? 0);
  if (top === bottom) return [0, 1000];
  const air = (top - bottom) * 0.06;
  return [bottom < 0 ? bottom - air : 0, top + air];
}
