import { clockTime, dayName } from "../../model/day.ts";
import { averages } from "../../model/series.ts";
import { words } from "../../words/index.ts";
import type { ChartData } from "./chart.ts";

const HOUR_MS = 3_600_000;
const t = words.energy;

export function HourTable({ title, data, date }: { title: string; data: ChartData; date: string }) {
  const start = Math.floor(data.from / HOUR_MS) * HOUR_MS;
  const columns = data.lines.map((line) => averages(line.values, data.t, start, data.to, HOUR_MS));
  const hours = columns[0]?.map((_, i) => start + i * HOUR_MS) ?? [];
  const known = hours.filter((_, i) => columns.some((c) => c[i] !== null));
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={t.caption(title, dayName(date, words.locale))}>
      <table>
        <caption>{t.caption(title, dayName(date, words.locale))}</caption>
        <thead>
          <tr>
            <th scope="col">{t.hour}</th>
            {data.lines.map((line) => (
              <th key={line.label} scope="col">
                {line.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {known.map((hour) => (
            <tr key={hour}>
              <th scope="row">{clockTime(hour, data.zone, words.locale)}</th>
              {columns.map((column, i) => {
                const line = data.lines[i]!;
                const value = column[hours.indexOf(hour)];
                return <td key={line.label}>{value == null ? words.dash : (line.say ?? data.format)(value)}</td>;
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
