import type { Amount, Bars, Flow, Span } from "../../model/energy.ts";
import type { BarStep } from "../../model/period.ts";
import { remarks } from "../../words/amounts.ts";
import { energy } from "../../words/format.ts";
import { words } from "../../words/index.ts";
import { barName } from "../../words/period.ts";
import { DOWN, UP } from "./barsModel.ts";
import { ROLE_OF } from "./Totals.tsx";

const t = words.energy;

interface Props {
  bars: Bars | undefined;
  flows: readonly Flow[];
  base: { bars: Bars; name: string } | undefined;
  index: number | null;
  step: BarStep;
  now: number;
  zone: string;
}

/** The names of the pieces; of the bar that is pointed at its figures, then those of the other period, and what is to be said of it. */
export function BarLegend({ bars, flows, base, index, step, now, zone }: Props) {
  const span = index === null ? undefined : bars?.spans[index];
  const amount = (flow: Flow, of: Bars | undefined) => (index === null ? undefined : of?.flows[flow]?.[index]);
  const said = span && [...new Set(flows.flatMap((f) => remarksOf(amount(f, bars), span, now)))];
  const key = (flow: Flow) => {
    const [here, there] = [amount(flow, bars)?.wh, amount(flow, base?.bars)?.wh];
    return (
      <span key={flow} className="key" data-role={ROLE_OF[flow]}>
        <i className="swatch" aria-hidden="true" />
        {t.flows[flow]}
        <span className="values">
          {here != null && <b>{energy(here)} </b>}
          {there != null && <span className="quiet">{t.bars.then(energy(there))}</span>}
        </span>
      </span>
    );
  };
  return (
    <div className="bar-legend small" aria-live="polite" data-compared={base !== undefined}>
      <p>{span ? <strong>{barName(span, step, zone)}</strong> : <span className="quiet">{t.point}</span>}</p>
      <div className="keys">
        {[UP, DOWN].map((side) => (
          <div key={side[0]}>{side.filter((f) => flows.includes(f)).map(key)}</div>
        ))}
      </div>
      <p className="quiet remarks">
        {span ? (
          said?.join(", ")
        ) : (
          <>
            <Key trust="derived" text={t.trustKey.derived} />
            <Key trust="unsure" text={t.trustKey.unsure} />
          </>
        )}
      </p>
    </div>
  );
}

const remarksOf = (amount: Amount | undefined, span: Span, now: number): string[] => (amount ? remarks(amount, span, now) : []);

const Key = ({ trust, text }: { trust: string; text: string }) => (
  <span className="key">
    <i className="swatch" data-trust={trust} aria-hidden="true" />
    {text}
  </span>
);
