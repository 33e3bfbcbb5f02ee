import { lazy, Suspense, useId, useState } from "react";
import { clockTime } from "../../model/day.ts";
import { averages, placeOf } from "../../model/series.ts";
import { rowSpan } from "../../model/view.ts";
import { Boundary } from "../../ui/Boundary.tsx";
import { words } from "../../words/index.ts";
import { spanName } from "../../words/period.ts";
import type { ChartData, Line } from "./chart.ts";
import { Hint } from "./Hint.tsx";
import { Table, TableButton } from "./Table.tsx";
import type { Zoom } from "./useZoom.ts";

const Plot = lazy(() => import("./Plot.tsx"));
const t = words.energy;

interface Props {
  title: string;
  /** undefined while the house is not known yet: the room for the chart is kept. */
  data: ChartData | null | undefined;
  date: string;
  /** The moment that is being pointed at; all charts of a day share it. */
  cursor: number | null;
  onCursor: (t: number | null) => void;
  zoom: Zoom;
  summary: string | undefined;
  note?: string;
  tall?: boolean;
}

/** A chart with its story in words, and the same figures as a table behind one button. */
export function ChartCard({ title, data, date, cursor, onCursor, zoom, summary, note, tall = false }: Props) {
  const [table, setTable] = useState(false);
  const heading = useId();
  return (
    <figure className="chart" aria-labelledby={heading} data-tall={tall}>
      <figcaption>
        <h2 id={heading}>
          {title} <small className="quiet">{data?.unit}</small>
        </h2>
        <p className="quiet small summary">{summary}</p>
      </figcaption>
      <p className="legend small" aria-live="polite">
        {data && <Legend data={data} cursor={cursor} />}
      </p>
      <div className="canvas">
        <Boundary fallback={<p className="quiet">{t.chartFailed}</p>}>
          {data && !knownIn(data) && <p className="nothing quiet"><span>{t.gap}</span></p>}
          <Suspense>{data && <Plot title={title} data={data} cursor={cursor} onCursor={onCursor} zoom={zoom} />}</Suspense>
        </Boundary>
      </div>
      {note && <p className="quiet small">{note}</p>}
      <TableButton title={title} open={table} onToggle={setTable} />
      {table && data && <TimeTable title={title} data={data} date={date} origin={zoom.whole.from} />}
    </figure>
  );
}

/** Whether anything is known of what is shown. */
function knownIn({ t: times, lines, view }: ChartData): boolean {
  const [from, to] = [placeOf(times, view.from - 1) + 1, placeOf(times, view.to)];
  return lines.some((line) => line.values.slice(from, to + 1).some((v) => v !== null));
}

const said = (line: Line, data: ChartData, value: number | null | undefined): string =>
  value == null ? "" : (line.say ?? data.format)(value);

/** The names of the lines, and at the cursor their values. */
function Legend({ data, cursor }: { data: ChartData; cursor: number | null }) {
  const place = cursor === null ? -1 : placeOf(data.t, cursor);
  const lines = [...data.lines].sort((a, b) => Number(a.ghost ?? false) - Number(b.ghost ?? false));
  const values = lines.map((line) => line.values[place]);
  return (
    <>
      {place < 0 && <span className="quiet hint"><Hint /></span>}
      {place >= 0 && <strong>{clockTime(data.t[place]!, data.zone, words.locale, data.stepMs < 60_000)}</strong>}
      {lines.map((line, i) => (
        <span key={line.label} className="key">
          <svg viewBox="0 0 20 4" aria-hidden="true">
            <path d="M1 2H19" style={{ stroke: `var(${line.colour})` }} strokeDasharray={line.dash?.join(" ")} data-ghost={line.ghost} />
          </svg>
          {line.label}
          {values[i] != null && <b>{said(line, data, values[i])}</b>}
        </span>
      ))}
      {place >= 0 && values.every((v) => v == null) && <em className="quiet">{t.gap}</em>}
    </>
  );
}

/** The visible stretch in about two dozen rows: hours of a day, seconds of half a minute. */
function TimeTable({ title, data, date, origin }: { title: string; data: ChartData; date: string; origin: number }) {
  const span = rowSpan(data.view, data.stepMs);
  const start = origin + Math.floor((data.view.from - origin) / span) * span;
  const columns = data.lines.map((line) => averages(line.values, data.t, start, data.view.to, span));
  const known = (columns[0] ?? []).map((_, i) => columns.some((c) => c[i] !== null));
  const rows = known.map((_, i) => ({
    key: i,
    head: clockTime(start + i * span, data.zone, words.locale, span < 60_000),
    cells: columns.map((column, k) => said(data.lines[k]!, data, column[i])),
  }));
  return (
    <Table
      caption={t.averagesOf(title, spanName(span), date)}
      columns={[t.time, ...data.lines.map((l) => l.label)]}
      bodies={[{ rows: rows.slice(Math.max(0, known.indexOf(true)), known.lastIndexOf(true) + 1) }]}
    />
  );
}
