import { keepPreviousData, QueryClient, useQuery, type UseQueryResult } from "@tanstack/react-query";
import { hubNow, setHubTime } from "../live/clock.ts";
import type { BarStep } from "../model/period.ts";
import { axis, until, withTail, type Past } from "../model/series.ts";
import type { View } from "../model/view.ts";
import { setZone } from "../words/moment.ts";
import { setCurrency } from "../words/told.ts";
import { ApiError, get } from "./client.ts";
import type { Commissioning, DeviceInfo, Devices, Energy, FoundDevices, Health, HistoryPart, Journal, JournalRow, RawReading, RawReadings, RuleInfo, Rules, ScheduleInfo, Schedules, SessionInfo, SiteInfo, Storage } from "./types.gen.ts";

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
      setCurrency(site.currency);
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

/** As many buckets as there are pixels, at most; `width` is rounded, so that a resize asks nothing new. */
export interface Asked extends View {
  width: number;
}

/** The hub chooses the step. What still goes on is fetched once, then only its newest end. */
export const useHistory = (points: readonly string[], asked: Asked | undefined, live: boolean): UseQueryResult<Past> => {
  const queryKey = ["history", points.join(), asked?.from, asked?.to, asked?.width];
  return useQuery({
    queryKey,
    queryFn: async ({ signal }) => {
      const { from, to, width } = asked!;
      const before = live ? queryClient.getQueryData<Past>(queryKey) : undefined;
      const start = before && axis(before).at(-1);
      const range = before && start ? newest(before, start, to) : `from=${from}&to=${to}&step=auto&width=${width}`;
      const path = `/history?points=${points.join()}&${range}&fields=mean,min,max`;
      const fetched = until((await get<HistoryPart>(path, signal)) as Past, hubNow());
      return before && start ? withTail(before, fetched) : fetched;
    },
    enabled: points.length > 0 && asked !== undefined,
    placeholderData: keepPreviousData,
    staleTime: live ? 1_000 : 300_000,
    refetchInterval: (query) => (live ? Math.min(30_000, Math.max(2_000, query.state.data?.step_ms ?? 5_000)) : false),
  });
};

const newest = (before: Past, start: number, to: number): string =>
  `from=${start}&to=${Math.min(to, Math.max(start + before.step_ms, hubNow()))}&step=${before.step_ms / 1000}`;

/** What flowed, in periods of the house's own calendar. */
export const useEnergy = (points: readonly string[], span: View | undefined, step: BarStep, live: boolean): UseQueryResult<Energy> =>
  useQuery({
    queryKey: ["energy", points.join(), span?.from, span?.to, step],
    queryFn: ({ signal }) => get<Energy>(`/energy?points=${points.join()}&from=${span!.from}&to=${span!.to}&step=${step}`, signal),
    enabled: points.length > 0 && span !== undefined,
    staleTime: live ? 5_000 : 300_000,
    refetchInterval: (query) => live && (isKnown(query.state.data) ? 30_000 : 2_000),
  });

const isKnown = (energy: Energy | undefined): boolean => Object.values(energy?.series ?? {}).some((s) => s.known.some((share) => share > 0));

export const useStorage = (): UseQueryResult<Storage> =>
  useQuery({ queryKey: ["storage"], queryFn: ({ signal }) => get<Storage>("/storage", signal), staleTime: 300_000 });

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

export const useSchedules = (): UseQueryResult<ScheduleInfo[]> =>
  useQuery({
    queryKey: ["schedules"],
    queryFn: async ({ signal }) => (await get<Schedules>("/schedules", signal)).schedules,
    refetchInterval: 5_000,
  });

export const useRules = (): UseQueryResult<RuleInfo[]> =>
  useQuery({
    queryKey: ["rules"],
    queryFn: async ({ signal }) => (await get<Rules>("/rules", signal)).rules,
    refetchInterval: 2_000,
  });

/** What the search has found so far; asked again and again while `open`, for a house that starts anew forgets it. */
export const useFound = (open: boolean): UseQueryResult<FoundDevices> =>
  useQuery({
    queryKey: ["found"],
    queryFn: ({ signal }) => get<FoundDevices>("/found", signal),
    enabled: open,
    retry: false,
    staleTime: 0,
    gcTime: 0,
    refetchInterval: (query) => (query.state.data?.searching === false ? 3_000 : 1_000),
  });

/** What a device's own wire said last. */
export const useRaw = (device: string): UseQueryResult<RawReading[]> =>
  useQuery({
    queryKey: ["raw", device],
    queryFn: async ({ signal }) => (await get<RawReadings>(`/devices/${encodeURIComponent(device)}/raw`, signal)).readings,
    staleTime: 0,
    refetchInterval: 2_000,
  });

export const useCommissioning = (): UseQueryResult<Commissioning> =>
  useQuery({
    queryKey: ["commissioning"],
    queryFn: ({ signal }) => get<Commissioning>("/commissioning", signal),
    refetchInterval: (query) => (query.state.data?.running ? 1_000 : 10_000),
  });
