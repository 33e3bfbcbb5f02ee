import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { ApiError, post, put, remove } from "../../api/client.ts";
import { useDecisions } from "../../api/decisions.ts";
import type { PlanAccepted, Unmet } from "../../api/types.gen.ts";
import { plans } from "../../words/plans.ts";
import type { Document, Kind } from "./document.ts";

export interface Kept {
  id: string;
  document: Document;
}

const path = (kind: Kind, id: string): string => `/${kind}s/${id}`;

/** What the hub said against it, without the place, which is shown where it is. */
export function saidOf(error: unknown): string {
  if (!(error instanceof ApiError) || error.status === 0) return plans.list.silent;
  return bare(error.message);
}

/** rules.night.when: … is what is said in a place; the place is seen. */
export const bare = (problem: string): string => problem.replace(/^(rules|schedules)\.[\w.]*:\s*/, "");

/** Writing and removing, after which the lists are fetched anew. */
export function useSaving(kind: Kind) {
  const client = useQueryClient();
  const onSettled = () => client.invalidateQueries({ queryKey: [`${kind}s`] });
  const save = useMutation({ mutationFn: ({ id, document }: Kept) => put<PlanAccepted>(path(kind, id), { document }), onSettled });
  const drop = useMutation({ mutationFn: ({ id }: Kept) => remove(path(kind, id)), onSettled });
  return { save, drop };
}

/** What stands against what it asks now; undefined = nothing does, or it asks nothing. */
export const useAgainst = (kind: Kind, id: string): Unmet | undefined => useDecisions((d) => d.unmet.find((u) => u.cause === `${kind}:${id}`)).data;

export interface Fault {
  field: string;
  said: string;
}

export interface Checked {
  state: "checking" | "good" | "bad" | "silent";
  accepted: PlanAccepted | undefined;
  fault: Fault | undefined;
}

const STILL_MS = 350;

/** What the hub thinks of a document that is being written, in the place of the one that has this id. Nothing is kept by asking. */
export function useCheck(kind: Kind, id: string, document: Document): Checked {
  const text = JSON.stringify(document);
  const [still, setStill] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setStill(text), STILL_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const { data, error, isFetching } = useQuery({
    queryKey: ["check", kind, id, still],
    queryFn: ({ signal }) => post<PlanAccepted>(`${path(kind, id)}/check`, { document: JSON.parse(still) as Document }, signal),
    retry: false,
    gcTime: 60_000,
  });
  const busy = isFetching || still !== text;
  const told = error instanceof ApiError && error.status >= 400 && error.status < 500;
  const fault = told ? { field: error.field, said: saidOf(error) } : undefined;
  return { state: busy ? "checking" : fault ? "bad" : error ? "silent" : "good", accepted: data, fault };
}
