import { useState } from "react";
import { newId, send } from "../../../control/send.ts";
import type { Lanes } from "../../../model/ahead.ts";
import { Dialog } from "../../../ui/Dialog.tsx";
import { ahead as t } from "../../../words/ahead.ts";
import { deviceName } from "../../../words/format.ts";
import "../../../styles/sheets.css";
import { OverThePast } from "./OverThePast.tsx";
import { Reckoned } from "./Reckoned.tsx";
import { refusal } from "./refusal.ts";
import { useWhatIf } from "./useAhead.ts";

interface Question {
  text: string;
  change: Record<string, unknown>;
}

/** Asks what another day, battery or tariff would mean for the same two days. Asking changes nothing; a reserve may then be kept. */
export function WhatIf({ lanes, currency }: { lanes: Lanes; currency: string }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" className="pill" onClick={() => setOpen(true)}>
        {t.whatIf}
      </button>
      {open && (
        <Dialog title={t.whatIf} onClose={() => setOpen(false)}>
          <Sheet lanes={lanes} currency={currency} />
        </Dialog>
      )}
    </>
  );
}

function Sheet({ lanes, currency }: { lanes: Lanes; currency: string }) {
  const [reserve, setReserve] = useState(30);
  const [question, setQuestion] = useState<Question>({ text: "", change: {} });
  const asked = question.text;
  const answer = useWhatIf();
  const ask = (one: Question) => {
    setQuestion(one);
    answer.mutate(one.change);
  };
  return (
    <div className="stack">
      <p className="quiet">{t.whatIfLead}</p>
      <div className="choices">
        {questions(lanes).map((q) => (
          <button key={q.text} type="button" className="plain" aria-pressed={asked === q.text} onClick={() => ask(q)}>
            {q.text}
          </button>
        ))}
      </div>
      {lanes.batteries.length > 0 && (
        <label className="field">
          {t.reserve(reserve)}
          <input
            type="range"
            min={0}
            max={100}
            step={5}
            value={reserve}
            onChange={(e) => setReserve(Number(e.target.value))}
            onPointerUp={() => ask({ text: t.reserve(reserve), change: { reserve } })}
            onKeyUp={() => ask({ text: t.reserve(reserve), change: { reserve } })}
          />
        </label>
      )}
      <Reckoned answer={answer} asked={asked} currency={currency} />
      {answer.data && !answer.isPending && <OverThePast key={asked} change={question.change} currency={currency} />}
      {asked === t.reserve(reserve) && answer.data && !answer.isPending && <Keep batteries={lanes.batteries} percents={reserve} />}
    </div>
  );
}

const DAY = 86_400_000;

/** Makes the reserve that was asked about the one that is kept. */
function Keep({ batteries, percents }: { batteries: readonly string[]; percents: number }) {
  const [said, setSaid] = useState("");
  async function keep(days: number): Promise<void> {
    const sent = await Promise.all(batteries.map((id) => send(newId(), `${id}.reserve`, percents, days * DAY)));
    setSaid(sent.map((one) => refusal(one, { point: "battery.reserve", unit: "%" })).find((r) => r) ?? t.keptSaid(percents, days));
  }
  return (
    <div className="tools">
      {[1, 7].map((days) => (
        <button key={days} type="button" className="plain" onClick={() => void keep(days)}>
          {t.keep(days)}
        </button>
      ))}
      <p role="status" className="quiet small">
        {said}
      </p>
    </div>
  );
}

function questions(lanes: Lanes): Question[] {
  return [
    { text: t.noSun, change: { no_sun: true } },
    ...lanes.batteries.map((id) => ({ text: t.twice(deviceName(id)), change: { battery: { id, factor: 2 } } })),
    ...lanes.batteries.map((id) => ({ text: t.without(deviceName(id)), change: { battery: { id, factor: 0 } } })),
    { text: t.dearerTariff, change: { tariff: { factor: 1.2 } } },
  ];
}
