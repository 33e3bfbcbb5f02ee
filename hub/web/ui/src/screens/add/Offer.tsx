import { useRef, useState, type FormEvent } from "react";
import type { DeviceInfo, FoundDevice } from "../../api/types.gen.ts";
import { deviceName } from "../../words/format.ts";
import { found as t } from "../../words/found.ts";
import { DeviceFields } from "./DeviceFields.tsx";
import { isPlain } from "./draft.ts";
import { Failed, toFirst, useFailureSeen } from "./Failed.tsx";
import { choices, gridInTheWay, isHybrid } from "./found.ts";
import { RoleChoice } from "./RoleChoice.tsx";
import { titleOf } from "./say.ts";
import type { Drafting } from "./useDraft.ts";

interface Props {
  f: FoundDevice;
  house: readonly DeviceInfo[];
  /** What of it is in the house. */
  here: readonly DeviceInfo[];
  drafting: Drafting;
  onTake: () => void;
}

/** What can still be taken in of it. */
export function Offer(props: Props) {
  const { f, house, here, drafting } = props;
  const [rest, setRest] = useState(drafting.taking?.phase === "failed");
  if (here.length && !(isHybrid(f) && choices(f, house, here).length)) return null;
  if (!here.length || rest) return <OfferForm {...props} />;
  return (
    <button type="button" className="textual" onClick={() => setRest(true)}>
      {t.rest}
    </button>
  );
}

function OfferForm({ f, house, here, drafting, onTake }: Props) {
  const { faults, opened, open: setOpened, submit } = drafting;
  const form = useRef<HTMLFormElement>(null);
  useFailureSeen(drafting, form);
  const options = choices(f, house, here);
  const hybrid = isHybrid(f);
  const grid = gridInTheWay(f, house);
  const open = opened || Object.keys(faults).some((field) => field !== "" && field !== "role");
  const add = (event: FormEvent) => {
    event.preventDefault();
    if (!isPlain(f) && !open) {
      setOpened(true);
      toFirst(form, "select, .field input");
    } else if (submit()) onTake();
    else toFirst(form, "[aria-invalid=true]");
  };
  return (
    <form ref={form} onSubmit={add} noValidate>
      {(hybrid || open) && (
        <RoleChoice options={options} several={hybrid} chosen={drafting.draft.chosen} wrong={faults["role"]} onChange={(chosen) => drafting.change({ chosen })} />
      )}
      {(hybrid || open) && grid && !here.includes(grid) && <p className="small quiet">{t.gridThere(deviceName(grid.id))}</p>}
      {open && <DeviceFields f={f} drafting={drafting} />}
      <Failed drafting={drafting} />
      <div className="buttons">
        <button type="submit" className="primary" aria-label={t.addNamed(titleOf(f))}>
          {t.add}
        </button>
        <button type="button" className="textual" aria-expanded={open} aria-label={t.moreNamed(titleOf(f))} onClick={() => setOpened(!open)}>
          {t.more}
        </button>
      </div>
    </form>
  );
}
