import { useMemo } from "react";
import type { Rehearsal } from "../../api/types.gen.ts";
import { words } from "../../words/index.ts";
import { zoneName } from "../../words/moment.ts";
import { plans } from "../../words/plans.ts";
import type { Span } from "./span.ts";

const t = plans.rehearsal;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const H = 6;
const LEFT = 22;
const BOTTOM = 16;

/** When the rule would have been in force: a column for a day (a week of the year), a row for an hour of the day. */
export function HeatCalendar({ found, span }: { found: Rehearsal; span: Span }) {
  const { columns, cells, labels, busiest } = useMemo(() => grid(found, span === 30 ? 1 : 7), [found, span]);
  const W = span === 30 ? 12 : 7;
  const width = LEFT + columns * W;
  const height = 24 * H + BOTTOM;
  const partly = found.count > found.runs.length;
  // What is not drawn must not look like what was not in force.
  const from = partly ? Math.floor(Math.min(...cells.keys()) / 24) : 0;
  const told = t.calendarTold(span === 30 ? t.aDay : t.aWeek, busiest);
  return (
    <figure className="heat">
      <figcaption>{t.calendar}</figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${t.calendar}. ${told}`}>
        <rect x={LEFT + from * W} y={0} width={(columns - from) * W} height={24 * H} className="ground" />
        {[...cells].map(([at, part]) => (
          <rect key={at} x={LEFT + Math.floor(at / 24) * W} y={(at % 24) * H} width={W - 1} height={H - 0.5} fillOpacity={0.2 + 0.8 * Math.min(1, part)} className="lit" />
        ))}
        {[0, 6, 12, 18].map((h) => (
          <text key={h} x={LEFT - 4} y={h * H + 8} textAnchor="end">
            {h}
          </text>
        ))}
        {labels.map(([column, text]) => (
          <text key={column} x={LEFT + column * W} y={height - 3}>
            {text}
          </text>
        ))}
      </svg>
      <p className="quiet small">
        {told}
        {partly && ` ${t.latestOnly(found.runs.length)}`}
      </p>
    </figure>
  );
}

interface Grid {
  columns: number;
  /** column * 24 + hour -> the share of that hour in force */
  cells: Map<number, number>;
  labels: Array<[column: number, text: string]>;
  busiest: string;
}

function grid(found: Rehearsal, days: 1 | 7): Grid {
  const format = new Intl.DateTimeFormat("en-GB", { timeZone: zoneName(), hour: "2-digit", hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit" });
  const place = (t: number): [day: number, hour: number] => {
    const p = Object.fromEntries(format.formatToParts(t).map((x) => [x.type, x.value]));
    return [Date.UTC(Number(p["year"]), Number(p["month"]) - 1, Number(p["day"])) / DAY, Number(p["hour"])];
  };
  const first = place(found.start)[0];
  const columns = Math.floor((place(found.end - 1)[0] - first) / days) + 1;
  const cells = new Map<number, number>();
  const hours = new Array<number>(24).fill(0);
  for (const run of found.runs) {
    for (let at = run.start; at < run.end; ) {
      const next = Math.min(run.end, (Math.floor(at / HOUR) + 1) * HOUR);
      const [day, hour] = place(at);
      const key = Math.floor((day - first) / days) * 24 + hour;
      cells.set(key, (cells.get(key) ?? 0) + (next - at) / HOUR / days);
      hours[hour]! += next - at;
      at = next;
    }
  }
  const month = new Intl.DateTimeFormat(words.locale, { month: "short", timeZone: "UTC", ...(days === 1 && { day: "numeric" }) });
  const every = days === 1 ? 7 : 9;
  const labels = Array.from({ length: Math.ceil(columns / every) }, (_, k): [number, string] => [k * every, month.format((first + k * every * days) * DAY)]);
  return { columns, cells, labels: labels.filter(([c]) => c < columns - 1), busiest: busy(hours) };
}

/** The shortest stretch of the day that holds most of it: "between 10:00 and 16:00". */
function busy(hours: number[]): string {
  const wanted = hours.reduce((a, b) => a + b, 0) * 0.8;
  for (let length = 1; length <= 24; length += 1) {
    for (let from = 0; from < 24; from += 1) {
      let sum = 0;
      for (let k = 0; k < length; k += 1) sum += hours[(from + k) % 24]!;
      if (sum >= wanted) return length === 24 ? plans.rehearsal.between("00:00", "24:00") : t.between(clock(from), clock((from + length) % 24));
    }
  }
  return "";
}

const clock = (hour: number): string => `${String(hour).padStart(2, "0")}:00`;
