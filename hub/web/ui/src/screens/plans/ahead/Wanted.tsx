import { useEffect, useState } from "react";
import type { DeviceInfo } from "../../../api/types.gen.ts";
import { newId, send } from "../../../control/send.ts";
import { nextTime } from "../../../model/day.ts";
import { targetsOf } from "../../../model/layout.ts";
import { Dialog } from "../../../ui/Dialog.tsx";
import { ahead as t } from "../../../words/ahead.ts";
import { deviceName } from "../../../words/format.ts";
import { moment, zoneName } from "../../../words/moment.ts";
import "../../../styles/sheets.css";
import { Reckoned } from "./Reckoned.tsx";
import { refusal } from "./refusal.ts";
import { useWhatIf } from "./useAhead.ts";

const PAUSE_MS = 500;
const USUAL_FULL = 80;
const USUAL_KWH: Partial<Record<DeviceInfo["role"], number>> = { charger: 10 };

interface Props {
  info: DeviceInfo;
  /** Still to come by the plan, Wh. */
  plannedWh: number;
  now: number;
  currency: string;
  onSaid: (text: string) => void;
}

/** So much energy or a car so full, from then on, by then: the plan finds the cheapest way, and says before what another time costs. */
export function Wanted(props: Props) {
  const [open, setOpen] = useState(false);
  const name = deviceName(props.info.id);
  return (
    <>
      <button type="button" className="plain" onClick={() => setOpen(true)} aria-label={t.wantedNamed(name)}>
        {props.plannedWh ? t.move : t.wanted}
      </button>
      {open && (
        <Dialog title={t.wantedNamed(name)} onClose={() => setOpen(false)}>
          <Sheet {...props} onDone={() => setOpen(false)} />
        </Dialog>
      )}
    </>
  );
}

function Sheet({ info, plannedWh, now, currency, onSaid, onDone }: Props & { onDone: () => void }) {
  const terms = targetsOf(info);
  const [term, setTerm] = useState((plannedWh ? terms.at(-1) : terms[0]) ?? "target_energy");
  const [kwh, setKwh] = useState(plannedWh ? Math.max(0.1, Math.round(plannedWh / 100) / 10) : (USUAL_KWH[info.role] ?? 1));
  const [full, setFull] = useState(USUAL_FULL);
  const [from, setFrom] = useState("");
  const [clock, setClock] = useState("07:00");
  const begin = from ? nextTime(from, now, zoneName()) : now;
  const by = clock ? nextTime(clock, begin, zoneName()) : undefined;
  const answer = useTimes(info, plannedWh > 0, from ? begin : undefined, by);
  const later = info.role !== "charger";

  async function save(): Promise<void> {
    if (by === undefined) return;
    const bySoc = term === "target_soc";
    const point = `${info.id}.${term}`;
    const sent = await send(newId(), point, bySoc ? full : Math.round(kwh * 1000), by - now, begin - now);
    onSaid(refusal(sent, info.commands.find((c) => c.point === point)) || t.readySaid(bySoc ? t.inPercent(full) : t.inKwh(kwh), moment(by)));
    onDone();
  }

  return (
    <form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault();
        void save();
      }}
    >
      {terms.length > 1 && (
        <label className="field">
          {t.told}
          <select value={term} onChange={(e) => setTerm(e.target.value)}>
            <option value="target_soc">{t.ofFullness}</option>
            <option value="target_energy">{t.ofEnergy}</option>
          </select>
        </label>
      )}
      {term === "target_soc" ? (
        <label className="field">
          {t.percent}
          <input type="number" min={10} max={100} step={1} required value={full} onChange={(e) => setFull(Number(e.target.value))} />
        </label>
      ) : (
        <label className="field">
          {t.kwh}
          <input type="number" min={0.1} max={150} step={0.1} required value={kwh} onChange={(e) => setKwh(Number(e.target.value))} />
        </label>
      )}
      {later && (
        <label className="field">
          {t.from}
          <input type="time" value={from} onChange={(e) => setFrom(e.target.value)} />
        </label>
      )}
      <label className="field">
        {t.by}
        <input type="time" required value={clock} onChange={(e) => setClock(e.target.value)} />
      </label>
      {plannedWh > 0 && by !== undefined && <Reckoned answer={answer} asked={t.between(from ? moment(begin) : "", moment(by))} currency={currency} />}
      <button type="submit" className="primary">
        {t.ask}
      </button>
    </form>
  );
}

/** What other times would mean for what is planned; asked anew when they have stood still for a moment. */
function useTimes({ id, role }: DeviceInfo, planned: boolean, from: number | undefined, by: number | undefined) {
  const answer = useWhatIf();
  const { mutate } = answer;
  useEffect(() => {
    if (!planned || by === undefined) return;
    const latest = new Date(by).toISOString();
    const earliest = from === undefined ? {} : { earliest: new Date(from).toISOString() };
    const change = role === "charger" ? { ready_by: [{ car: id, by: latest }] } : { move: [{ id, latest, ...earliest }] };
    const waiting = setTimeout(() => mutate(change), PAUSE_MS);
    return () => clearTimeout(waiting);
  }, [id, role, planned, from, by, mutate]);
  return answer;
}
