import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { hubNow } from "../live/clock.ts";
import { useLink } from "../live/hooks.ts";
import { ApiError, get, remove } from "./client.ts";
import { queryClient } from "./queries.ts";
import type { Decisions } from "./types.gen.ts";

const KEY = "decisions";
const NOW = "now";
const LONGEST_MS = 60_000;
const AFTER_END_MS = 700;

/** What the core wants now, and whose wishes do not have their way. Asked anew when one of its points changes. */
export const useDecisions = <T = Decisions>(select?: (d: Decisions) => T, everyMs?: number): UseQueryResult<T> =>
  useQuery({
    queryKey: [KEY, NOW],
    queryFn: ({ signal }) => get<Decisions>("/decisions", signal),
    refetchInterval: (query) => everyMs ?? untilNextEnd(query.state.data),
    retry: false,
    ...(select && { select }),
  });

/** Whether wishes in force, or the modes they hold, are still to come: what tells them waits, so that nothing jumps then. */
export function useDecisionsAwaited(): boolean {
  const awaited = useDecisions(() => true).isLoading;
  return useLink().phase === "connecting" || awaited;
}

/** The same of any second that is still kept. */
export const useDecisionsAt = (t: number | undefined): UseQueryResult<Decisions> =>
  useQuery({
    queryKey: [KEY, t],
    queryFn: ({ signal }) => get<Decisions>(`/decisions?t=${t}`, signal),
    enabled: t !== undefined,
    retry: false,
    staleTime: 10_000,
  });

export const knownDecisions = (): Decisions | undefined => queryClient.getQueryData<Decisions>([KEY, NOW]);

export const refreshDecisions = (): Promise<void> => queryClient.invalidateQueries({ queryKey: [KEY, NOW] });

/** Ends a wish before its time. One that is over already is as good as taken back. */
export async function takeBack(request: string): Promise<void> {
  try {
    await remove(`/requests/${encodeURIComponent(request)}`);
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 404)) throw error;
  } finally {
    await refreshDecisions();
  }
}

/** A wish that ends changes no point by itself. */
function untilNextEnd(known: Decisions | undefined): number {
  const ends = [...(known?.decisions ?? []), ...(known?.unmet ?? [])].map((d) => (d.ends ?? Infinity) - hubNow() + AFTER_END_MS);
  return Math.max(1_000, Math.min(LONGEST_MS, ...ends));
}
