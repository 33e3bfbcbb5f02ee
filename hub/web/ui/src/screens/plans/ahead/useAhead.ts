import { useMutation, useQuery, type UseQueryResult } from "@tanstack/react-query";
import { get, post } from "../../../api/client.ts";
import type { BandInfo, PlanInfo, Regret, Scores, WhatIfAnswer, WhatIfPastAnswer } from "../../../api/types.gen.ts";
import type { Ahead, Band } from "../../../model/ahead.ts";

/** The plan and the forecasts it was made from; looked at again each half minute, as a new one comes each quarter-hour. */
export const usePlan = (): UseQueryResult<PlanInfo> =>
  useQuery({ queryKey: ["plan"], queryFn: ({ signal }) => get<PlanInfo>("/plan", signal), refetchInterval: 30_000 });

export const useScores = (open: boolean): UseQueryResult<Scores> =>
  useQuery({ queryKey: ["scores"], queryFn: ({ signal }) => get<Scores>("/forecast/score", signal), enabled: open, staleTime: 300_000 });

export const useRegret = (open: boolean): UseQueryResult<Regret> =>
  useQuery({ queryKey: ["regret"], queryFn: ({ signal }) => get<Regret>("/regret", signal), enabled: open, staleTime: 300_000 });

export const useWhatIf = () =>
  useMutation({ mutationFn: (change: Record<string, unknown>) => post<WhatIfAnswer>("/plan/what-if", { change }) });

export const useWhatIfPast = () =>
  useMutation({ mutationFn: (change: Record<string, unknown>) => post<WhatIfPastAnswer>("/plan/what-if/past", { change }) });

export function aheadOf(told: PlanInfo): Ahead {
  return {
    steps: told.steps,
    stepMs: told.step_s * 1000,
    inForce: told.in_force,
    by: told.devices,
    made: told.made ?? 0,
    estimatedFrom: told.estimated_from ?? undefined,
    saves: told.saves_at_once,
    givenUp: told.given_up,
    assumed: told.assumed,
    highest: told.highest ?? undefined,
    load: bandOf(told.load),
    pv: bandOf(told.pv),
  };
}

const bandOf = (b: BandInfo | null): Band | undefined => b ? { from: b.start, stepMs: b.step_s * 1000, low: b.low, mid: b.mid, high: b.high } : undefined;
