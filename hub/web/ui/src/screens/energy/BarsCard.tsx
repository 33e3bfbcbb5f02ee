import { useId, useMemo, useRef, useState } from "react";
import type { Bars, Flow } from "../../model/energy.ts";
import { barStep, type Period } from "../../model/period.ts";
import { dayOf } from "../../model/day.ts";
import { useWidth } from "../../ui/useWidth.ts";
import { remarks } from "../../words/amounts.ts";
import { energy } from "../../words/format.ts";
import { words } from "../../words/index.ts";
import { barName, baseName, periodName } from "../../words/period.ts";
import { BarChart } from "./BarChart.tsx";
import { BarLegend, BarReadout } from "./BarLegend.tsx";
import { barsFrom, DOWN, UP } from "./barsModel.ts";
import { Swatch } from "./Swatch.tsx";
import { Table, TableButton, type Row } from "./Table.tsx";
import type { Figures } from "./useFigures.ts";
import type { Chosen } from "./usePeriod.ts";

const t = words.energy;
const DRAWN: readonly Flow[] = [...UP, ...DOWN];

/** A bar for each day (or month): what came in above the line, what went out below it. */
export function BarsCard({ figures, chosen, zone }: { figures: Figures; chosen: Chosen; zone: string }) {
  const { bars, base, now, step } = figures;
  const { period, compare, go } = chosen;
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const [pointed, point] = useState<number | null>(null);
  const [picked, pick] = useState<number | null>(null);
  const [table, setTable] = useState(false);
  const heading = useId();
  const shown = pointed ?? picked;
  const flows = DRAWN.filter((f) => !bars || bars.flows[f]);
  const trusts = useMemo(() => new Set(bars && barsFrom(bars, now).flatMap((b) => b.pieces.map((p) => p.trust))), [bars, now]);
  const open = (i: number) => go({ period: step === "month" ? "month" : "day", on: dayOf(bars!.spans[i]!.start, zone), ...(compare && { compare }) });
  const then = compare && base ? { bars: base, name: baseName(period.kind, compare) } : undefined;
  return (
    <figure className="chart card" aria-labelledby={heading} data-tall="true">
      <figcaption>
        <h2 id={heading}>
          {t.bars.title} <small className="quiet">{words.units.kWh}</small>
        </h2>
        <p className="quiet small summary">{t.bars.lead}</p>
      </figcaption>
      <BarLegend flows={flows} />
      <div className="canvas" ref={box}>
        {bars && width > 0 && (
          <BarChart
            {...{ bars, width, period, zone, now, pointed, picked, pick, point }}
            base={then?.bars}
            title={t.bars.title}
            onOpen={step === "hour" ? undefined : open}
          />
        )}
      </div>
      <BarReadout {...{ bars, flows, trusts, step, now, zone }} base={then} index={shown} />
      <div className="below">
        <TableButton title={t.bars.title} open={table} onToggle={setTable} />
        {step !== "hour" && (
          <button type="button" className="link" disabled={picked === null} onClick={() => picked !== null && open(picked)}>
            {t.bars.open[step]}
          </button>
        )}
      </div>
      {table && bars && <BarTable {...{ bars, flows, period, zone, now }} base={then} />}
    </figure>
  );
}

interface TableProps {
  bars: Bars;
  flows: readonly Flow[];
  period: Period;
  zone: string;
  now: number;
  base: { bars: Bars; name: string } | undefined;
}

function BarTable({ bars, flows, period, zone, now, base }: TableProps) {
  const step = barStep(period);
  const rows = (of: Bars): Row[] =>
    of.spans.map((span, i) => {
      const amounts = flows.flatMap((f) => of.flows[f]?.[i] ?? []);
      const said = [...new Set(amounts.flatMap((a) => remarks(a, span, now)))];
      return {
        key: span.start,
        head: barName(span, step, zone),
        cells: [...amounts.map((a) => (a.wh === null ? "" : energy(a.wh))), said.join(", ")],
      };
    });
  const bodies = base ? [{ title: periodName(period), rows: rows(bars) }, { title: base.name, rows: rows(base.bars) }] : [{ rows: rows(bars) }];
  const columns = [t.bars.by[step], ...flows.map((f) => t.flows[f]), t.bars.remarks];
  const marks = [null, ...flows.map((f) => <Swatch key={f} flow={f} />)];
  return <Table remarks caption={t.caption(t.bars.title, periodName(period))} columns={columns} marks={marks} bodies={bodies} />;
}
