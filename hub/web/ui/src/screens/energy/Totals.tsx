import { difference, type Difference } from "../../model/compare.ts";
import { sharesOf, total, type Amount, type Bars, type Flow, type Span } from "../../model/energy.ts";
import { goesOn, type BarStep } from "../../model/period.ts";
import { differs, differsLong, remarks } from "../../words/amounts.ts";
import { energy, percent } from "../../words/format.ts";
import { words } from "../../words/index.ts";
import { baseName } from "../../words/period.ts";
import { Swatch } from "./Swatch.tsx";
import type { Figures } from "./useFigures.ts";
import type { Chosen } from "./usePeriod.ts";

const t = words.energy;
const ORDER: readonly Flow[] = ["made", "used", "bought", "sold", "charged", "discharged"];

/** The period in eight figures, each with where it comes from and how it differs. */
export function Totals({ figures, chosen }: { figures: Figures; chosen: Chosen }) {
  const { bars, base, now } = figures;
  const differ = (flow: Flow) => base && bars && compared(bars, base, flow, now);
  const shares = bars && sharesOf(bars);
  const shown = bars ? ORDER.filter((flow) => bars.flows[flow]) : ORDER;
  return (
    <section className="card totals-card" aria-label={t.totals}>
      <dl className="totals" data-compared={chosen.compare !== undefined}>
        {shown.map((flow) => (
          <Cell key={flow} flow={flow} amount={bars && sum(bars, flow)} span={chosen.period} now={now}>
            {chosen.compare && <small className="differs">{base ? differs(differ(flow)) : ""}</small>}
          </Cell>
        ))}
      </dl>
      <dl className="shares">
        <Share role="home" label={t.autarky} of={t.autarkyLong} value={shares?.autarky} />
        {(!bars || bars.flows.made) && <Share role="pv" label={t.ownUse} of={t.ownUseLong} value={shares?.ownUse} />}
      </dl>
      {chosen.compare && <p className="small compared">{base && story(chosen, figures.step, differ("used"))}</p>}
    </section>
  );
}

const sum = (bars: Bars, flow: Flow): Amount => total(bars.flows[flow] ?? [], bars.spans);

function compared(bars: Bars, base: Bars, flow: Flow, now: number): Difference | undefined {
  const of = ({ flows, spans }: Bars) => ({ amounts: flows[flow] ?? [], spans });
  return difference(of(bars), of(base), now);
}

function story({ period, compare, today }: Chosen, step: BarStep, used: Difference | undefined): string {
  const long = differsLong(used, baseName(period.kind, compare!));
  const perDay = used?.why && t.compared[used.why](energy(used.perDay[0]), energy(used.perDay[1]));
  return [long, perDay, goesOn(period, today) && t.compared.soFar[step]].filter(Boolean).join(" ");
}

interface CellProps {
  flow: Flow;
  amount: Amount | undefined;
  span: Span;
  now: number;
  children: React.ReactNode;
}

function Cell({ flow, amount, span, now, children }: CellProps) {
  const known = amount?.wh != null;
  return (
    <div data-flow={flow}>
      <dt>
        <Swatch flow={flow} />
        {t.flows[flow]}
      </dt>
      <dd data-value={known ? Math.round(amount.wh!) : ""}>
        {known ? energy(amount.wh!) : amount ? words.dash : t.coming}
        <small className="quiet">{amount && remarks(amount, span, now)[0]}</small>
        {children}
      </dd>
    </div>
  );
}

function Share({ role, label, of, value }: { role: string; label: string; of: string; value: number | null | undefined }) {
  return (
    <div data-role={role}>
      <dt>{label}</dt>
      <dd>
        <b>{value === undefined ? t.coming : value === null ? words.dash : percent(value)}</b> <small className="quiet">{of}</small>
        <span className="track" aria-hidden="true">
          <span style={{ inlineSize: `${value ?? 0}%` }} />
        </span>
      </dd>
    </div>
  );
}
