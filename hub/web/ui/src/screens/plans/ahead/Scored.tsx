import { useState } from "react";
import type { ScoreInfo } from "../../../api/types.gen.ts";
import { Dialog } from "../../../ui/Dialog.tsx";
import { ahead as t } from "../../../words/ahead.ts";
import { percent, power } from "../../../words/format.ts";
import { Table } from "../../energy/Table.tsx";
import { useScores } from "./useAhead.ts";

/** How good the forecasts have been, each against simply taking yesterday. */
export function Scored() {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" className="pill" onClick={() => setOpen(true)}>
        {t.scores}
      </button>
      {open && (
        <Dialog title={t.scores} onClose={() => setOpen(false)}>
          <Sheet />
        </Dialog>
      )}
    </>
  );
}

function Sheet() {
  const told = useScores(true);
  if (!told.data) return <p className="quiet">{told.isError ? t.failed : t.loading}</p>;
  if (!told.data.scores.length) return <p className="quiet">{t.notScored}</p>;
  const of = (quantity: ScoreInfo["quantity"]) => told.data.scores.filter((s) => s.quantity === quantity);
  return (
    <div className="stack">
      <p className="quiet small">{t.scoresLead}</p>
      {(["load", "pv"] as const).map(
        (quantity) =>
          of(quantity).length > 0 && (
            <Table key={quantity} caption={t.scored[quantity]} columns={t.scoreColumns} bodies={[{ rows: of(quantity).map(row) }]} />
          ),
      )}
    </div>
  );
}

const row = (s: ScoreInfo) => ({
  key: s.by,
  head: s.used ? t.used(s.by) : s.by,
  cells: [power(s.mae_w), s.ratio === null ? "" : percent(100 * s.ratio), signed(s.bias_w), s.coverage === null ? "" : percent(100 * s.coverage), String(s.days)],
});

const signed = (w: number): string => (w < 0 ? `\u2212${power(w)}` : power(w));
