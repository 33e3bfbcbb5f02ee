import type { ReactNode } from "react";
import { useSite } from "../../api/queries.ts";
import type { Layout } from "../../model/layout.ts";
import { Figure } from "../../ui/Figure.tsx";
import { amount, percent, power } from "../../words/format.ts";
import { words } from "../../words/index.ts";

const t = words.now.today;

/** Three figures that need no tap: how dear, how independent, how much to spare. */
export function Strip({ layout }: { layout: Layout }) {
  const currency = useSite().data?.currency ?? "EUR";
  return (
    <dl className="strip card">
      <Cell label={t.price}>
        {layout.price ? <Figure short point={layout.price} format={(v) => amount(Number(v), currency)} /> : words.dash}
      </Cell>
      <Cell label={t.autarky}>
        {layout.autarky ? <Figure short point={layout.autarky} format={(v) => percent(Number(v))} /> : words.dash}
      </Cell>
      <Cell label={t.surplus}>
        {layout.surplus ? <Figure short point={layout.surplus} format={(v) => power(Math.max(0, Number(v)))} /> : words.dash}
      </Cell>
    </dl>
  );
}

const Cell = ({ label, children }: { label: string; children: ReactNode }) => (
  <div>
    <dt>{label}</dt>
    <dd>{children}</dd>
  </div>
);
