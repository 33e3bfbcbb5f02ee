import { useEffect } from "react";
import { refreshDecisions } from "../api/decisions.ts";
import { useDevices } from "../api/queries.ts";
import { useStore } from "./hooks.ts";
import { spaced } from "./spaced.ts";

const GATHER_MS = 250;
const REST_MS = 4_000;

/** What is decided is asked anew when a point that can be driven changes; a regulator's next value waits a little. */
export function useDecisionWatch(): void {
  const store = useStore();
  const points = useDevices().data?.flatMap((d) => d.commands.map((c) => c.point)).join();
  useEffect(() => {
    if (!points) return;
    const ask = spaced(() => void refreshDecisions(), GATHER_MS, REST_MS);
    const end = store.subscribe(points.split(","), ask.call);
    return () => {
      end();
      ask.cancel();
    };
  }, [store, points]);
}
