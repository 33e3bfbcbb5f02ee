import { ahead as t, money } from "../../../words/ahead.ts";
import { monthOf } from "../../../words/regret.ts";
import { Table } from "../../energy/Table.tsx";
import { saidOf } from "../usePlans.ts";
import { useWhatIfPast } from "./useAhead.ts";

/** The same change over the house's own last months: asked for by a button, as it takes some seconds. */
export function OverThePast({ change, currency }: { change: Record<string, unknown>; currency: string }) {
  const answer = useWhatIfPast();
  if (!answer.data)
    return (
      <div className="tools">
        <button type="button" className="plain" disabled={answer.isPending} onClick={() => answer.mutate(change)}>
          {answer.isPending ? t.reckoning : t.past}
        </button>
        {answer.isError && <p role="alert">{saidOf(answer.error)}</p>}
      </div>
    );
  const { months, rule, best } = answer.data;
  const cells = (of: { rule: number; best: number }) => [money(of.rule, currency), money(of.best, currency)];
  const rows = [...months].reverse().map((m) => ({ key: m.month, head: monthOf(m.month), cells: cells(m) }));
  const all = { key: "all", head: t.pastAll, cells: cells({ rule, best }) };
  return (
    <>
      <Table caption={t.pastCaption} columns={[t.pastMonth, ...t.pastColumns]} bodies={[{ rows: [...rows, all] }]} />
      <p className="quiet small">{t.pastHow}</p>
    </>
  );
}
