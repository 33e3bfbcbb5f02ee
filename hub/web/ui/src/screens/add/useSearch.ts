import { useEffect, useRef, useState } from "react";
import { ApiError, post } from "../../api/client.ts";
import { queryClient, useFound } from "../../api/queries.ts";
import type { FoundDevice, FoundDevices } from "../../api/types.gen.ts";
import { found as t } from "../../words/found.ts";
import { keyOf } from "./found.ts";
import { isAway } from "./taking.ts";

export interface Search {
  searching: boolean;
  /** What is looked at still: hosts, ports, brokers. */
  looking: string[];
  /** When it ends at the latest (UTC ms). */
  until: number | null;
  devices: FoundDevice[];
  /** Why the search could not begin. */
  failed: string;
  /** Another one waits for the end of this one. */
  queued: boolean;
  look: (addresses: string[]) => void;
}

const AGAIN_MS = 700;
const EVERYWHERE: string[] = [];

/**
 * Begins a search at once. The hub forgets what it found when a device is taken in (it starts anew then) and when the
 * next search begins; whoever looks at the list still needs it, so it is kept here. A search cut short begins again.
 */
export function useSearch(): Search {
  const [wanted, setWanted] = useState<string[] | null>(EVERYWHERE);
  const [failed, setFailed] = useState("");
  const [begun, setBegun] = useState(false);
  const [known, setKnown] = useState<ReadonlyMap<string, FoundDevice>>(new Map());
  const { data } = useFound(begun);
  const asked = useRef(EVERYWHERE);
  const searching = begun && data?.searching === true;

  useEffect(() => {
    if (data?.devices.length) setKnown((before) => merged(before, data.devices));
  }, [data]);

  const through = useRef(false);
  useEffect(() => {
    if (!begun || !data) return;
    if (data.since !== null) through.current = !data.searching;
    else {
      setBegun(false);
      if (!through.current) setWanted((w) => w ?? asked.current);
    }
  }, [begun, data]);

  useEffect(() => {
    if (!wanted || searching) return;
    return begin(wanted, {
      begun: (answer) => {
        asked.current = wanted;
        queryClient.setQueryData(["found"], answer);
        setBegun(true);
        setWanted(null);
      },
      failed: (why) => {
        setFailed(why);
        setWanted(null);
      },
    });
  }, [wanted, searching]);

  return {
    searching: searching || wanted !== null,
    looking: searching ? data.looking : [],
    until: searching ? data.until : null,
    devices: [...known.values()],
    failed,
    queued: searching && wanted !== null,
    look: (addresses) => {
      setFailed("");
      setWanted(addresses);
    },
  };
}

/** Asks until the hub answers, which may be starting anew. */
function begin(addresses: string[], then: { begun: (answer: FoundDevices) => void; failed: (why: string) => void }): () => void {
  let over = false;
  let timer = 0;
  const ask = async () => {
    try {
      const answer = await post<FoundDevices>("/found", addresses.length ? { addresses } : {});
      if (!over) then.begun(answer);
    } catch (error) {
      if (over) return;
      if (isAway(error)) timer = window.setTimeout(() => void ask(), AGAIN_MS);
      else then.failed(error instanceof ApiError ? error.message : t.silent);
    }
  };
  void ask();
  return () => {
    over = true;
    clearTimeout(timer);
  };
}

/** In the order in which they were told; the newest word of each. */
function merged(before: ReadonlyMap<string, FoundDevice>, devices: readonly FoundDevice[]): ReadonlyMap<string, FoundDevice> {
  const after = new Map(before);
  for (const device of devices) after.set(keyOf(device), device);
  return after;
}
