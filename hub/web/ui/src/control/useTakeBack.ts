import { useCallback, useEffect, useState } from "react";
import { refreshDecisions, takeBack } from "../api/decisions.ts";
import { hubNow } from "../live/clock.ts";
import { newId, send } from "./send.ts";
import type { Wish } from "./wish.ts";

const UNDO_MS = 8_000;

export interface Taken {
  wish: Wish;
  failed: boolean;
}

/** Ends a wish; for some seconds it can be asked again for the rest of its time. */
export function useTakeBack(): { taken: Taken | null; end: (wish: Wish) => void; undo: () => void } {
  const [taken, setTaken] = useState<Taken | null>(null);

  useEffect(() => {
    if (!taken) return;
    const over = setTimeout(() => setTaken(null), UNDO_MS);
    return () => clearTimeout(over);
  }, [taken]);

  const end = useCallback((wish: Wish) => {
    setTaken({ wish, failed: false });
    takeBack(wish.request).catch(() => setTaken({ wish, failed: true }));
  }, []);

  const undo = useCallback(() => {
    if (taken) void again(taken.wish).then(() => setTaken(null));
  }, [taken]);

  return { taken, end, undo };
}

async function again({ point, asked, ends }: Wish): Promise<void> {
  await send(newId(), point, asked, ends - hubNow());
  await refreshDecisions();
}
