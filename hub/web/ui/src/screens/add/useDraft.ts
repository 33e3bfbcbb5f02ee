import { useState } from "react";
import type { DeviceInfo, FoundDevice } from "../../api/types.gen.ts";
import { begun, faultsOf, nameFaults, partsOf, refused, requestsOf, type Draft, type Faults } from "./draft.ts";
import type { Part } from "./found.ts";
import { taker, useTakings } from "./useTaking.ts";
import type { Taking } from "./taking.ts";

export interface Drafting {
  draft: Draft;
  parts: Part[];
  /** What is to be told now: names at once, what is missing after the first try, and the hub's own word. */
  faults: Faults;
  taking: Taking | undefined;
  /** It is being taken in, or waits for its turn. */
  busy: boolean;
  /** Whether all its fields are shown. */
  opened: boolean;
  open: (open: boolean) => void;
  change: (change: Partial<Draft>) => void;
  /** Takes it in; false when something is missing. */
  submit: () => boolean;
}

/** The draft of one device, checked while it is written. `key`: the same device from one search to the next. */
export function useDraft(key: string, f: FoundDevice, house: readonly DeviceInfo[], here: readonly DeviceInfo[]): Drafting {
  const takings = useTakings();
  const taking = takings.get(key);
  const [kept, setDraft] = useState<Draft>();
  const [tried, setTried] = useState(false);
  const [changed, setChanged] = useState(false);
  const [opened, setOpened] = useState(false);
  const draft = kept ?? begun(f, house, here);
  const taken = [...house.map((d) => d.id), ...others(takings, key)];
  const left = { ...draft, chosen: draft.chosen.filter((r) => !here.some((d) => d.role === r)) };
  const parts = partsOf(f, left, taken);
  const own = tried ? faultsOf(f, left, parts, taken) : nameFaults(parts, taken);
  const said = taking?.phase === "failed" && taking.fault && !changed ? refused(f, taking.fault, taking.asked[taking.at]?.role) : {};
  return {
    draft: left,
    parts,
    faults: { ...said, ...own },
    taking,
    busy: taking?.phase === "waiting" || taking?.phase === "taking",
    opened,
    open: setOpened,
    change: (change) => {
      setDraft({ ...draft, ...change });
      setChanged(true);
    },
    submit: () => {
      setTried(true);
      if (Object.keys(faultsOf(f, left, parts, taken)).length) return false;
      setDraft(draft);
      setChanged(false);
      void taker.take(key, requestsOf(left, parts, here));
      return true;
    },
  };
}

/** The names that other devices will have soon. */
const others = (takings: ReadonlyMap<string, Taking>, key: string): string[] =>
  [...takings].filter(([k, t]) => k !== key && (t.phase === "waiting" || t.phase === "taking")).flatMap(([, t]) => t.asked.map((r) => r.id));
