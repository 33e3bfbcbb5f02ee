import { useState } from "react";
import { ApiError } from "../../api/client.ts";
import { deviceName } from "../../words/format.ts";
import { found } from "../../words/found.ts";
import "../../styles/sheets.css";
import { takenOut } from "./takenOut.ts";

const t = found.out;

interface Props {
  device: string;
  onClose: () => void;
  onGone: () => void;
}

/** Asks once more, and says what stays. The hub knows which devices may be taken out, and says why one may not. */
export function TakeOut({ device, onClose, onGone }: Props) {
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState("");
  const out = async () => {
    setBusy(true);
    try {
      if (await takenOut(device)) return onGone();
      setRefused(t.late);
    } catch (error) {
      setRefused(error instanceof ApiError && error.status ? `${t.refused} ${error.message}` : found.silent);
    }
    setBusy(false);
  };
  return (
    <div className="take-out">
      <p>{t.lead(deviceName(device))}</p>
      <p>{t.stays}</p>
      <p>{t.rules}</p>
      <p role="alert" className="wrong">
        {refused}
      </p>
      <p role="status" className="taking" data-busy={busy}>
        {busy && t.busy}
      </p>
      <div className="buttons">
        <button type="button" className="plain act" aria-disabled={busy} onClick={() => !busy && void out()}>
          {t.yes}
        </button>
        <button type="button" className="plain" onClick={onClose}>
          {t.no}
        </button>
      </div>
    </div>
  );
}
