import { useMemo, useRef, useState } from "react";
import { useDevices, useHistory, useSite } from "../../../api/queries.ts";
import type { DeviceInfo } from "../../../api/types.gen.ts";
import { useHubNow } from "../../../live/clock.ts";
import { endOf, lanesOf, ms, stepAt, type Ahead } from "../../../model/ahead.ts";
import { layoutOf, targetsOf } from "../../../model/layout.ts";
import { useWidth } from "../../../ui/useWidth.ts";
import { TitledList } from "../../../ui/TitledList.tsx";
import { ahead as t, givenUpText, highestText, money, perKwh } from "../../../words/ahead.ts";
import { energy, power } from "../../../words/format.ts";
import { moment } from "../../../words/moment.ts";
import { capital } from "../../../words/reasons.ts";
import { Table, TableButton } from "../../energy/Table.tsx";
import "../../../styles/ahead.css";
import { AheadChart } from "./AheadChart.tsx";
import { Lane } from "./Lane.tsx";
import { AFTER, BEFORE, HOUR, picture } from "./rows.ts";
import { Regretted } from "./Regretted.tsx";
import { Scored } from "./Scored.tsx";
import { Slot } from "./Slot.tsx";
import { aheadOf, usePlan } from "./useAhead.ts";
import { WhatIf } from "./WhatIf.tsx";

const MINUTE = 60_000;

/** What the house is going to do, from six hours ago to a day and a half ahead. */
export function AheadCard() {
  const told = usePlan();
  const plan = useMemo(() => told.data && aheadOf(told.data), [told.data]);
  return (
    <section className="card ahead" aria-labelledby="ahead-title">
      <h2 id="ahead-title">{t.title}</h2>
      {plan && plan.steps.length > 0 && <Days plan={plan} />}
      {plan && plan.steps.length === 0 && <p className="quiet">{t.none}</p>}
      {told.data && told.data.state !== "ok" && <p className="quiet small">{told.data.state}</p>}
      {!plan && <p className="quiet">{told.isError ? t.failed : t.loading}</p>}
    </section>
  );
}

function Days({ plan }: { plan: Ahead }) {
  const devices = useDevices().data;
  const currency = useSite().data?.currency ?? "EUR";
  const now = Math.floor(useHubNow() / MINUTE) * MINUTE;
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const [chosen, setChosen] = useState<number | null>(null);
  const [table, setTable] = useState(false);
  const batteries = useMemo(() => new Set(devices?.filter((d) => d.role === "battery").map((d) => d.id)), [devices]);
  const lanes = useMemo(() => lanesOf(plan.steps, (d) => batteries.has(d)), [plan, batteries]);
  const waiting = useMemo(() => [...new Set([...lanes.flexible, ...askable(devices ?? [], plan)])], [lanes, devices, plan]);
  const index = stepAt(plan.steps, chosen ?? now);
  const until = moment(endOf(plan));
  const saves = plan.saves > 0.005 ? t.saves(money(plan.saves, currency), until) : t.savesNothing(until);
  return (
    <>
      <p>{saves}</p>
      {plan.highest && <p className="quiet small">{highestText(plan.highest, currency)}</p>}
      <p className="quiet small">{plan.inForce ? t.inForce(moment(plan.made)) : t.shown}</p>
      <div ref={box}>
        <Strips plan={plan} lanes={lanes} now={now} width={width} chosen={chosen ?? now} onChoose={setChosen} said={t.picture(saves)} />
      </div>
      <input
        type="range"
        className="ahead-slider"
        aria-label={t.choose}
        aria-valuetext={moment(ms(plan.steps[index]!.start))}
        min={0}
        max={plan.steps.length - 1}
        value={index}
        onChange={(e) => setChosen(ms(plan.steps[Number(e.target.value)]!.start))}
      />
      <Slot plan={plan} index={index} currency={currency} />
      {waiting.map((device) => (
        <Lane key={device} plan={plan} device={device} info={devices?.find((d) => d.id === device)} now={now} currency={currency} />
      ))}
      <TitledList title={t.given} lines={plan.givenUp.map(givenUpText)} />
      <TitledList title={t.assumed} lines={plan.assumed.map(capital)} />
      <div className="tools">
        <WhatIf lanes={lanes} currency={currency} />
        <Scored />
        <Regretted currency={currency} />
        <TableButton title={t.table} open={table} onToggle={setTable} />
      </div>
      {table && <Figures plan={plan} currency={currency} />}
    </>
  );
}

/** What goes by the plan and can be given energy by a time, though nothing may be planned for it now. */
const askable = (devices: readonly DeviceInfo[], plan: Ahead): string[] =>
  devices.filter((d) => plan.by.includes(d.id) && targetsOf(d).length).map((d) => d.id);

interface StripsProps {
  plan: Ahead;
  lanes: ReturnType<typeof lanesOf>;
  now: number;
  width: number;
  chosen: number;
  said: string;
  onChoose: (t: number) => void;
}

function Strips({ plan, lanes, now, width, chosen, said, onChoose }: StripsProps) {
  const devices = useDevices().data;
  const house = useMemo(() => ({ layout: layoutOf(devices ?? []), roles: new Map(devices?.map((d) => [d.id, d.role])) }), [devices]);
  const { layout } = house;
  const points = useMemo(
    () => [...layout.solar, ...layout.soc.slice(0, 1), layout.consumption, layout.price].filter((p) => p !== undefined),
    [layout],
  );
  // Six hours of the past are asked for once in a quarter-hour.
  const to = Math.floor(now / (15 * MINUTE)) * 15 * MINUTE;
  const past = useHistory(points, width ? { from: to - BEFORE, to, width: 200 } : undefined, false).data;
  const drawn = useMemo(() => (width ? picture(plan, lanes, past, house, now, width) : undefined), [plan, lanes, past, house, now, width]);
  return drawn ? (
    <AheadChart picture={drawn} width={width} now={now} chosen={Math.min(now + AFTER, chosen)} said={said} onChoose={onChoose} />
  ) : (
    <div className="ahead-picture" />
  );
}

/** The plan hour by hour, for those who read rather than look. */
function Figures({ plan, currency }: { plan: Ahead; currency: string }) {
  const each = Math.max(1, Math.round(HOUR / plan.stepMs));
  const rows = plan.steps
    .filter((_, i) => i % each === 0)
    .map((step, i) => {
      const part = plan.steps.slice(i * each, (i + 1) * each);
      const mean = (of: (s: (typeof part)[number]) => number) => part.reduce((sum, s) => sum + of(s), 0) / part.length;
      return {
        key: i,
        head: moment(ms(step.start)),
        cells: [perKwh(mean((s) => s.buy), currency), power(mean((s) => s.pv_w)), power(mean((s) => s.load_w)), signed(mean((s) => s.grid_w)), energy(part.reduce((sum, s) => sum + s.grid_w * plan.stepMs, 0) / HOUR)],
      };
    });
  return <Table caption={t.table} columns={t.columns} bodies={[{ rows }]} />;
}

const signed = (w: number): string => (w < 0 ? `\u2212${power(w)}` : power(w));
