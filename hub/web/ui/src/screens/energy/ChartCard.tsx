import { lazy, Suspense, useId, useState } from "react";
import { clockTime } from "../../model/day.ts";
import { Boundary } from "../../ui/Boundary.tsx";
import { words } from "../../words/index.ts";
import type { ChartData } from "./chart.ts";
import { HourTable } from "./HourTable.tsx";

const Plot = lazy(() => import("./Plot.tsx"));
const t = words.energy;

interface Props {
  title: string;
  /** undefined while the house is not known yet: the room for the chart is kept. */
  data: ChartData | null | undefined;
  date: string;
  /** The place on the time axis that is being pointed at; all charts of a day share it. */
  cursor: number | null;
  onCursor: (index: number | null) => void;
  summary: string | undefined;
  note?: string;
  tall?: boolean;
}

/** A chart with its story in words, and the same figures as a table behind one button. */
export function ChartCard({ title, data, date, cursor, onCursor, summary, note, tall = false }: Props) {
  const [table, setTable] = useState(false);
  const heading = useId();
  return (
    <figure className="chart card" aria-labelledby={heading} data-tall={tall}>
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
          <Suspense>{data && <Plot title={title} data={data} cursor={cursor} onCursor={onCursor} />}</Suspense>
        </Boundary>
      </div>
      {note && <p className="quiet small">{note}</p>}
      <button type="button" className="link" aria-expanded={table} onClick={() => setTable(!table)}>
        {table ? t.hideTable : t.table}
        <span className="unseen">: {title}</span>
      </button>
      {table && data && <HourTable title={title} data={data} date={date} />}
    </figure>
  );
}

/** The names of the lines, and at the cursor their values. */
function Legend({ data, cursor }: { data: ChartData; cursor: number | null }) {
  const time = cursor === null ? undefined : data.t[cursor];
  const seconds = data.t.length > 1 && data.t[1]! - data.t[0]! < 60_000;
  return (
    <>
      {time !== undefined && <strong>{clockTime(time, data.zone, words.locale, seconds)}</strong>}
      {data.lines.map((line) => {
        const value = cursor === null ? null : line.values[cursor];
        return (
          <span key={line.label} className="key">
            <svg viewBox="0 0 20 4" aria-hidden="true">
              <path d="M1 2H19" style={{ stroke: `var(${line.colour})` }} strokeDasharray={line.dash?.join(" ")} />
            </svg>
            {line.label}
            {value != null && <b>{(line.say ?? data.format)(value)}</b>}
          </span>
        );
      })}
    </>
  );
}
