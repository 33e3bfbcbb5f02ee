import type { CommandAnswer, ReasonInfo, Value } from "../api/types.gen.ts";

/** asked: wished here; sent: on its way; then the device's own reading, a reason, or silence. Nothing is done before.
    A device that is slow by nature stays `sent` until its reading shows the wish, or its time is over. */
export type Phase = "idle" | "asked" | "sent" | "confirmed" | "refused" | "no_answer";

export interface Control {
  phase: Phase;
  id: string;
  wish: Value | null;
  before: Value | null;
  /** Time of the reading that was there when this was asked. */
  since: number;
  applied: Value | null;
  ms: number;
  reason: ReasonInfo | null;
  limit: ReasonInfo | null;
  /** When the wish ends (UTC ms); null = it was asked for good. */
  until: number | null;
  /** The hub waits no longer; only the device's reading can tell. */
  pending: boolean;
  /** Over: told for the record, no longer to be undone. */
  rested: boolean;
}

export type Event =
  | { type: "ask"; id: string; wish: Value; reading: Value | null; at: number; until?: number | null }
  | { type: "send"; id: string }
  | { type: "answer"; id: string; answer: CommandAnswer }
  | { type: "shown"; id: string; reading: Value; ms: number }
  | { type: "fail"; id: string; reason: ReasonInfo; silent: boolean }
  | { type: "rest"; id: string }
  | { type: "back"; id: string };

export const IDLE: Control = {
  phase: "idle", id: "", wish: null, before: null, since: 0, applied: null, ms: 0, reason: null, limit: null, until: null, pending: false, rested: false,
};

/** An event about an older wish than the present one changes nothing. */
export function next(now: Control, event: Event): Control {
  if (event.type === "ask") {
    const before = now.phase === "asked" ? now.before : event.reading;
    return { ...IDLE, phase: "asked", id: event.id, wish: event.wish, before, since: event.at, until: event.until ?? null };
  }
  if (event.id !== now.id) return now;
  switch (event.type) {
    case "send":
      return now.phase === "asked" ? { ...now, phase: "sent" } : now;
    case "answer":
      return answered(now, event.answer);
    case "shown":
      return now.pending ? { ...now, phase: "confirmed", pending: false, applied: event.reading, ms: event.ms } : now;
    case "fail":
      return { ...now, phase: event.silent ? "no_answer" : "refused", pending: false, reason: event.reason };
    case "rest":
      return { ...now, rested: true };
    case "back":
      return IDLE;
  }
}

function answered(now: Control, a: CommandAnswer): Control {
  const pending = a.state === "pending";
  const phase = a.state === "pending" ? "sent" : a.state;
  return { ...now, phase, pending, applied: a.applied, ms: a.ms, reason: a.reason, limit: a.limited_by ?? null };
}

export const isWaiting = (c: Control): boolean => c.phase === "asked" || c.phase === "sent";

/** The wish while it is under way; afterwards only what the device itself reads, which its answer may tell first. */
export function shown(c: Control, reading: Value | null, at: number): Value | null {
  if (isWaiting(c)) return c.wish;
  return c.applied !== null && !c.rested && at <= c.since ? c.applied : reading;
}

/** `sent` is still only asked for: a tick needs the device. */
export function stateName(c: Control): Exclude<Phase, "sent"> {
  if (c.rested) return "idle";
  return c.phase === "sent" ? "asked" : c.phase;
}

export const canUndo = (c: Control): boolean =>
  c.phase === "confirmed" && !c.rested && c.before !== null && c.applied !== null && c.before !== c.applied;

/** Does the reading show the wish, within half a step? */
export function same(wish: Value | null, reading: Value, step: number | null): boolean {
  if (typeof wish !== "number" || typeof reading !== "number") return wish === reading;
  return Math.abs(wish - reading) <= (step ?? 0) / 2 + 1e-9;
}
