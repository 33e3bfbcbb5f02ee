import type { Amount, Bars, Flow, Span, Trust } from "../../model/energy.ts";
import type { BarStep } from "../../model/period.ts";
import { remarks } from "../../words/amounts.ts";
import { energy } from "../../words/format.ts";
import { words } from "../../words/index.ts";
import { barName } from "../../words/period.ts";
import { DOWN, UP } from "./barsModel.ts";
import { Hint } from "./Hint.tsx";
import { Swatch } from "./Swatch.tsx";

const t = words.energy;

/** What came in beside what went out, in the order of the pieces. */
export const BarLegend = ({ flows }: { flows: readonly Flow[] }) => (
  <div className="keys small">
    {[UP, DOWN].map((side) => (
      <div key={side[0]}>
        {side.filter((f) => flows.includes(f)).map((flow) => (
          <span key={flow} className="key">
            <Swatch flow={flow} />
            {t.flows[flow]}
          </span>
        ))}
      </div>
    ))}
  </div>
);

interface Props {
  bars: Bars | undefined;
  flows: readonly Flow[];
  /** How sure the pieces are that are drawn. */
  trusts: ReadonlySet<Trust>;
  base: { bars: Bars; name: string } | undefined;
  index: number | null;
  step: BarStep;
  now: number;
  zone: string;
}

/** Of the bar that is pointed at its figures, in brackets those of the other period, and what is to be said of it. */
export function BarReadout({ bars, flows, trusts, base, index, step, now, zone }: Props) {
  const span = index === null ? undefined : bars?.spans[index];
  return (
    <div className="readout small" aria-live="polite" data-compared={base !== undefined}>
      {span ? (
        <>
          <p>
            <strong>{barName(span, step, zone)}</strong> <span className="quiet">{[base && t.bars.then(base.name), said(bars!, index!, flows, now)].filter(Boolean).join(t.bars.and)}</span>
          </p>
          <dl>
            {flows.map((flow) => (
              <Value key={flow} flow={flow} here={bars!.flows[flow]?.[index!]?.wh} there={base?.bars.flows[flow]?.[index!]?.wh} />
            ))}
          </dl>
        </>
      ) : (
        <>
          <p className="quiet">
            <Hint />
          </p>
          <p className="quiet trusts">
            {(["derived", "unsure"] as const).filter((trust) => trusts.has(trust)).map((trust) => (
              <span key={trust} className="key">
                <i className="swatch" data-trust={trust} aria-hidden="true" />
                {t.trustKey[trust]}
              </span>
            ))}
          </p>
        </>
      )}
    </div>
  );
}

function said(bars: Bars, index: number, flows: readonly Flow[], now: number): string {
  const remarksOf = (amount: Amount | undefined, span: Span) => (amount ? remarks(amount, span, now) : []);
  return [...new Set(flows.flatMap((f) => remarksOf(bars.flows[f]?.[index], bars.spans[index]!)))].join(", ");
}

function Value({ flow, here, there }: { flow: Flow; here: number | null | undefined; there: number | null | undefined }) {
  return (
    <div>
      <dt>
        <Swatch flow={flow} />
        {t.flows[flow]}
      </dt>
      <dd>
        <b>{here == null ? words.dash : energy(here)}</b> {there != null && <span className="quiet">{t.bars.then(energy(there))}</span>}
      </dd>
    </div>
  );
}
