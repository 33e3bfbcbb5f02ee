import { useState } from "react";
import { deviceName } from "../../words/format.ts";
import { found } from "../../words/found.ts";
import "../../styles/sheets.css";
import { answered, outcome } from "./restarted.ts";

const t = found.restart;

/** Asks how, and says what the device answered. Nothing of the hub's own ever restarts a device. */
export function Restart({ device, onClose }: { device: string; onClose: () => void }) {
  const [busy, setBusy] = useState(false);
  const [came, setCame] = useState("");
  const restart = async (how: "soft" | "hard") => {
    setBusy(true);
    setCame(t.busy);
    setCame(outcome(await answered(`${device}.restart`, how)));
    setBusy(false);
  };
  return (
    <div className="take-out">
      <p>{t.lead(deviceName(device))}</p>
      <p>{t.soft}</p>
      <p>{t.hard}</p>
      <p role="status" className="taking" data-busy={busy}>
        {came}
      </p>
      <div className="buttons">
        <button type="button" className="plain" aria-disabled={busy} onClick={() => !busy && void restart("soft")}>
          {t.softly}
        </button>
        <button type="button" className="plain act" aria-disabled={busy} onClick={() => !busy && void restart("hard")}>
          {t.atOnce}
        </button>
        <button type="button" className="plain" onClick={onClose}>
          {t.no}
        </button>
      </div>
    </div>
  );
}
