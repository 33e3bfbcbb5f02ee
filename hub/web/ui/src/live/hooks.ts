import { createContext, use, useCallback, useRef, useSyncExternalStore } from "react";
import type { PointState } from "../api/types.gen.ts";
import type { Link, LiveStore } from "./store.ts";

export const LiveContext = createContext<LiveStore | null>(null);

export function useStore(): LiveStore {
  const store = use(LiveContext);
  if (!store) throw new Error("no live store around this component");
  return store;
}

export function usePoint(id: string): PointState | undefined {
  const store = useStore();
  const subscribe = useCallback((listener: () => void) => store.subscribe([id], listener), [store, id]);
  return useSyncExternalStore(subscribe, () => store.point(id));
}

export type Read = (id: string) => PointState | undefined;

/** A reader over several points; the component renders again when one of them changes. */
export function usePoints(ids: readonly string[]): Read {
  const store = useStore();
  const key = ids.join();
  const version = useRef(0);
  const subscribe = useCallback(
    (listener: () => void) =>
      store.subscribe(key.split(","), () => {
        version.current += 1;
        listener();
      }),
    [store, key],
  );
  useSyncExternalStore(subscribe, () => version.current);
  return store.point;
}

export function useLink(): Link {
  const store = useStore();
  return useSyncExternalStore(store.onLink, store.link);
}

/** True while what is shown may not be taken for the present. */
export const useOld = (): boolean => useLink().phase === "lost";
