import { useMemo } from "react";
import { totalsOf, type Total } from "../../model/totals.ts";
import { energy } from "../../words/format.ts";
import { words } from "../../words/index.ts";
import type { Shown } from "./useDay.ts";

const t = words.energy;

export function TotalsView({ shown }: { shown: Shown | undefined }) {
  const { devices, layout, history } = shown ?? {};
  const totals = useMemo(
    () => (devices && layout && history ? totalsOf(devices, layout, history) : {}),
    [devices, layout, history],
  );
  const battery = !layout || layout.battery.length > 0;
  return (
    <section className="card" aria-label={t.totals}>
      <dl className="totals">
        <Cell role="pv" label={t.made} total={totals.made} />
        <Cell role="home" label={t.used} total={totals.used} />
        <Cell role="grid" label={t.bought} total={totals.bought} />
        <Cell role="grid" label={t.sold} total={totals.sold} />
        {battery && <Cell role="battery" label={t.charged} total={totals.charged} />}
        {battery && <Cell role="battery" label={t.discharged} total={totals.discharged} />}
      </dl>
    </section>
  );
}

function Cell({ role, label, total }: { role: string; label: string; total: Total | undefined }) {
  return (
    <div data-role={role}>
      <dt>{label}</dt>
      <dd data-value={total ? Math.round(total.wh) : ""}>
        {total ? energy(total.wh) : words.dash}
        <small className="quiet">{total ? (total.counted ? t.fromCounter : t.fromPower) : ""}</small>
      </dd>
    </div>
  );
}
