import { useCallback, useEffect, useReducer, useRef } from "react";
import type { CommandInfo, Value } from "../api/types.gen.ts";
import { knownDecisions, refreshDecisions, takeBack } from "../api/decisions.ts";
import { hubNow } from "../live/clock.ts";
import { usePoint } from "../live/hooks.ts";
import { canUndo, IDLE, isWaiting, next, same, shown, type Control } from "./machine.ts";
import { newId, send } from "./send.ts";
import { personal, wishesOf, type Wish } from "./wish.ts";

const UNDO_MS = 8_000;
const GRACE_MS = 1_000;

export interface ControlHandle {
  control: Control;
  /** What to show: the wish while it is under way, else the device's own reading; null = not known. */
  value: Value | null;
  reading: Value | null;
  busy: boolean;
  /** `until`: when the wish ends (UTC ms); null = as long as the hub or the device keeps it. */
  ask: (value: Value, until?: number | null) => void;
  undo: (() => void) | undefined;
}

/** Asks one command's point for values. `stillMs`: how long a wish must stand still before it is sent. */
export function useControl({ point, settle_ms, step }: CommandInfo, stillMs = 0): ControlHandle {
  const state = usePoint(point);
  const reading = state?.v ?? null;
  const at = state?.t ?? 0;
  const [control, dispatch] = useReducer(next, IDLE);
  const timer = useRef(0);
  const asked = useRef(0);
  const earlier = useRef<Wish | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);

  const ask = useCallback(
    (wish: Value, until: number | null = null) => {
      const id = newId();
      clearTimeout(timer.current);
      earlier.current = personal(wishesOf(knownDecisions(), [point]))[0];
      asked.current = performance.now();
      dispatch({ type: "ask", id, wish, reading, at, until });
      timer.current = window.setTimeout(async () => {
        dispatch({ type: "send", id });
        const sent = await send(id, point, wish, until === null ? undefined : until - hubNow());
        void refreshDecisions();
        if ("answer" in sent) dispatch({ type: "answer", id, answer: sent.answer });
        else dispatch({ type: "fail", id, ...sent });
      }, stillMs);
    },
    [point, reading, at, stillMs],
  );

  useEffect(() => {
    if (control.phase === "idle" || control.rested || isWaiting(control)) return;
    const rest = window.setTimeout(() => dispatch({ type: "rest", id: control.id }), UNDO_MS);
    return () => clearTimeout(rest);
  }, [control]);

  useEffect(() => {
    if (!control.pending) return;
    const { id, wish, since } = control;
    if (at > since && reading !== null && same(wish, reading, step)) {
      return dispatch({ type: "shown", id, reading, ms: performance.now() - asked.current });
    }
    const left = Math.max(0, settle_ms + GRACE_MS - (performance.now() - asked.current));
    const reason = { code: "no_answer", numbers: {} };
    const over = window.setTimeout(() => dispatch({ type: "fail", id, reason, silent: true }), left);
    return () => clearTimeout(over);
  }, [control, reading, at, step, settle_ms]);

  /** Back to the wish that was there before, to what the hub does without one, or to what the device showed. */
  function undo(): void {
    if (earlier.current) return ask(earlier.current.asked, earlier.current.ends);
    if (control.until === null) return ask(control.before!);
    void takeBack(control.id).then(() => dispatch({ type: "back", id: control.id }));
  }
  return { control, value: shown(control, reading, at), reading, busy: isWaiting(control), ask, undo: canUndo(control) ? undo : undefined };
}
