import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, type ReactNode } from "react";
import { get, socketUrl } from "../api/client.ts";
import type { Health, Points } from "../api/types.gen.ts";
import { Connection } from "../live/connection.ts";
import { LiveContext } from "../live/hooks.ts";
import { LiveStore } from "../live/store.ts";

const GATHER_MS = 200;
const POLL_WITHIN_MS = 4_000;

/** Holds the live connection while somebody is signed in. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [store] = useState(() => new LiveStore());

  useEffect(() => {
    const connection = new Connection(store, {
      socketUrl: socketUrl(),
      poll: () => get<Points>("/points", AbortSignal.timeout(POLL_WITHIN_MS)),
      probe: (signal) => get<Health>("/health", signal),
    });
    return () => connection.close();
  }, [store]);

  useEffect(() => {
    let timer = 0;
    const askAgain = () => {
      clearTimeout(timer);
      timer = window.setTimeout(() => void client.invalidateQueries({ queryKey: ["devices"] }), GATHER_MS);
    };
    const ends = [
      store.onQuality(askAgain),
      store.onLink(() => {
        void client.invalidateQueries({ queryKey: [store.link().phase === "lost" ? "session" : "site"] });
        askAgain();
      }),
    ];
    return () => {
      clearTimeout(timer);
      ends.forEach((end) => end());
    };
  }, [store, client]);

  return <LiveContext value={store}>{children}</LiveContext>;
}
