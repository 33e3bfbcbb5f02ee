import { useRef, useState, type FormEvent } from "react";
import type { DeviceInfo } from "../../api/types.gen.ts";
import { found as t } from "../../words/found.ts";
import { DeviceFields } from "./DeviceFields.tsx";
import { UNFOUND } from "./draft.ts";
import { Failed, toFirst, useFailureSeen } from "./Failed.tsx";
import { adoptedAs } from "./found.ts";
import { InHouse } from "./InHouse.tsx";
import { RoleChoice } from "./RoleChoice.tsx";
import { TakingState } from "./TakingState.tsx";
import { useDraft, type Drafting } from "./useDraft.ts";

interface Props {
  house: readonly DeviceInfo[];
  onShow: (id: string) => void;
}

/** A device that no search finds; after one, there can be another. */
export function ByHand(props: Props) {
  const [n, setN] = useState(0);
  return (
    <details className="by-hand">
      <summary>{t.hand}</summary>
      <One key={n} {...props} device={`hand ${n}`} onAnother={() => setN(n + 1)} />
    </details>
  );
}

function One({ house, onShow, device, onAnother }: Props & { device: string; onAnother: () => void }) {
  const drafting = useDraft(device, UNFOUND, house, []);
  const { taking, busy } = drafting;
  const head = useRef<HTMLParagraphElement>(null);
  return (
    <div className="found-device">
      <p className="small quiet" ref={head} tabIndex={-1}>
        {t.handLead}
      </p>
      <div role="status">{busy && taking && <TakingState taking={taking} />}</div>
      {taking?.phase === "in" && (
        <>
          <InHouse devices={adoptedAs(UNFOUND, house, taking.done)} fresh onShow={onShow} />
          <button type="button" className="textual" onClick={onAnother}>
            {t.another}
          </button>
        </>
      )}
      {!busy && taking?.phase !== "in" && <HandForm drafting={drafting} onTake={() => head.current?.focus()} />}
    </div>
  );
}

function HandForm({ drafting, onTake }: { drafting: Drafting; onTake: () => void }) {
  const { faults, draft, submit, change } = drafting;
  const form = useRef<HTMLFormElement>(null);
  useFailureSeen(drafting, form);
  const add = (event: FormEvent) => {
    event.preventDefault();
    if (submit()) onTake();
    else toFirst(form, "[aria-invalid=true]");
  };
  return (
    <form ref={form} onSubmit={add} noValidate data-by-hand>
      <RoleChoice options={[]} several={false} chosen={draft.chosen} wrong={faults["role"]} onChange={(chosen) => change({ chosen })} />
      <DeviceFields f={UNFOUND} drafting={drafting} byHand />
      <Failed drafting={drafting} />
      <div className="buttons">
        <button type="submit" className="primary">
          {t.add}
        </button>
      </div>
    </form>
  );
}
