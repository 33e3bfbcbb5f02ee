import { useState } from "react";
import type { Regret, RegretDay, RegretMonth } from "../../../api/types.gen.ts";
import { Dialog } from "../../../ui/Dialog.tsx";
import { TitledList } from "../../../ui/TitledList.tsx";
import { TERMS, askText, causes, cellsOf, dayName, dearest, monthName, regret as t } from "../../../words/regret.ts";
import { Table } from "../../energy/Table.tsx";
import { useRegret } from "./useAhead.ts";

const DAYS = 14;
const ASKS = 8;

/** What the days have cost more than they had to, and why. */
export function Regretted({ currency }: { currency: string }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" className="pill" onClick={() => setOpen(true)}>
        {t.title}
      </button>
      {open && (
        <Dialog title={t.title} onClose={() => setOpen(false)}>
          <Sheet currency={currency} />
        </Dialog>
      )}
    </>
  );
}

function Sheet({ currency }: { currency: string }) {
  const told = useRegret(true);
  if (!told.data) return <p className="quiet">{told.isError ? t.failed : t.loading}</p>;
  return (
    <div className="stack">
      <p className="quiet small">{t.lead}</p>
      {told.data.days.length ? <Told told={told.data} currency={currency} /> : <p className="quiet">{t.none}</p>}
      <TitledList title={t.lacks} lines={newest(told.data.lacks).map((l) => t.lack(dayName(l.date), l.why))} />
    </div>
  );
}

function Told({ told, currency }: { told: Regret; currency: string }) {
  const days = newest(told.days);
  return (
    <>
      <Costs caption={t.months} head={t.month} of={[...told.months].reverse()} name={monthName} currency={currency} />
      <Costs caption={t.days} head={t.day} of={days} name={(d) => dayName(d.date)} currency={currency} />
      <TitledList title={t.hands} lines={dearest(days, ASKS).map((a) => askText(a, currency))} />
    </>
  );
}

interface CostsProps<T> {
  caption: string;
  head: string;
  of: T[];
  name: (one: T) => string;
  currency: string;
}

function Costs<T extends RegretDay | RegretMonth>({ caption, head, of, name, currency }: CostsProps<T>) {
  const shown = causes(of);
  const rows = of.map((one) => ({ key: name(one), head: name(one), cells: cellsOf(one, shown, currency) }));
  return <Table caption={caption} columns={[head, ...t.columns, ...shown.map((term) => TERMS[term])]} bodies={[{ rows }]} />;
}

const newest = <T,>(days: readonly T[]): T[] => days.slice(-DAYS).reverse();
