import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { viewIn, viewText, type View } from "../../model/view.ts";
import type { Chosen } from "./usePeriod.ts";

const REST_MS = 300;

/** What the charts show of the day, and how to change it. All charts of a day share one. */
export interface Zoom {
  view: View;
  /** The whole day: nothing outside of it is shown. */
  whole: View;
  /** What is shown unasked. */
  home: View;
  zoomed: boolean;
  /** The view as it is this moment, also between two gestures that come faster than the screen. */
  now: () => View;
  show: (view: View) => void;
  reset: () => void;
}

/** A gesture shows at once and comes into the address when it rests; an address that is gone to shows what it says. */
export function useZoom(whole: View, home: View, { view: address, look }: Chosen): Zoom {
  const [chosen, choose] = useState<View | null>(() => viewIn(address, whole) ?? null);
  const told = useRef(address);
  useEffect(() => {
    if (address === told.current) return;
    told.current = address;
    choose(viewIn(address, whole) ?? null);
  }, [address, whole]);
  const rested = useRested(chosen, REST_MS);
  useEffect(() => {
    const text = rested ? viewText(rested) : undefined;
    if (text === told.current) return;
    told.current = text;
    look(text);
  }, [rested]);
  const view = chosen ?? home;
  const latest = useRef(view);
  latest.current = view;
  const show = useCallback(
    (next: View) => {
      latest.current = next;
      choose(next.from === home.from && next.to === home.to ? null : next);
    },
    [home],
  );
  const reset = useCallback(() => choose(null), []);
  return useMemo(
    () => ({ view, whole, home, zoomed: chosen !== null, now: () => latest.current, show, reset }),
    [view, whole, home, chosen, show, reset],
  );
}

/** The value once it has rested for `ms`. */
export function useRested<T>(value: T, ms: number): T {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return rested;
}
