import { QueryClient, useQuery, type UseQueryResult } from "@tanstack/react-query";
import { hubNow, setHubTime } from "../live/clock.ts";
import { axis, withTail } from "../model/series.ts";
import { setZone } from "../words/moment.ts";
import { ApiError, get } from "./client.ts";
import type { DeviceInfo, Devices, Health, History, Journal, JournalRow, SessionInfo, SiteInfo } from "./types.gen.ts";

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (count, error) => !(error instanceof ApiError && error.status >= 400 && error.status < 500) && count < 2,
      staleTime: 2_000,
    },
  },
});

/** Who is signed in; null = nobody. */
export const useSession = (): UseQueryResult<SessionInfo | null> =>
  useQuery({
    queryKey: ["session"],
    queryFn: async ({ signal }) => (await get<SessionInfo | undefined>("/session", signal)) ?? null,
    retry: true,
    retryDelay: 2_000,
    staleTime: 60_000,
    refetchInterval: 300_000,
  });

/** Whoever comes next sees nothing of what the one before had fetched. */
export function setSession(session: SessionInfo | null): void {
  queryClient.setQueryData(["session"], session);
  if (!session) queryClient.removeQueries({ predicate: (query) => query.queryKey[0] !== "session" });
}

export const useSite = (): UseQueryResult<SiteInfo> =>
  useQuery({
    queryKey: ["site"],
    queryFn: async ({ signal }) => {
      const asked = Date.now();
      const site = await get<SiteInfo>("/site", signal);
      setHubTime(site.t, asked, Date.now());
      setZone(site.timezone);
      return site;
    },
    refetchInterval: 300_000,
  });

export const useDevices = (): UseQueryResult<DeviceInfo[]> =>
  useQuery({
    queryKey: ["devices"],
    queryFn: async ({ signal }) => (await get<Devices>("/devices", signal)).devices,
    refetchInterval: 10_000,
  });

export const useHealth = (): UseQueryResult<Health> =>
  useQuery({
    queryKey: ["health"],
    queryFn: ({ signal }) => get<Health>("/health", signal),
    refetchInterval: 5_000,
    retry: false,
  });

/** A day's buckets. A day that still goes on is fetched once, then only its newest end. */
export const useHistory = (points: readonly string[], from: number, to: number, stepS: number, live: boolean) => {
  const queryKey = ["history", points.join(), from, stepS];
  return useQuery({
    queryKey,
    queryFn: async ({ signal }) => {
      const before = live ? queryClient.getQueryData<History>(queryKey) : undefined;
      const start = before ? (axis(before).at(-1) ?? from) : from;
      const end = live ? Math.min(to, Math.max(start + stepS * 1000, hubNow())) : to;
      const path = `/history?points=${points.join()}&from=${start}&to=${end}&step=${stepS}`;
      const fetched = await get<History>(path, signal);
      return before ? withTail(before, fetched) : fetched;
    },
    enabled: points.length > 0,
    staleTime: live ? 5_000 : 300_000,
    refetchInterval: live ? Math.min(30, stepS) * 1000 : false,
  });
};

/** What the journal says about several points (or devices), newest first. */
export const useJournal = (points: readonly string[]): UseQueryResult<JournalRow[]> =>
  useQuery({
    queryKey: ["journal", points.join()],
    queryFn: async ({ signal }) => {
      const parts = await Promise.all(points.map((p) => get<Journal>(`/journal?point=${p}&limit=40`, signal)));
      return parts.flatMap((j) => j.rows).sort((a, b) => b.t - a.t || b.id - a.id);
    },
    staleTime: 0,
    refetchInterval: 5_000,
  });
