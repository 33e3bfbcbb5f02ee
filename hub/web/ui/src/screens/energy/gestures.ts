import { isWhole, panned, zoomed, type View } from "../../model/view.ts";
import type { Now } from "./options.ts";

const WHEEL = 0.0022;
const MOST_WHEEL = 160;

interface Finger {
  x: number;
}

/** Wheel and pinch zoom, one finger or shift with the mouse moves; marking with the mouse is the chart's own. */
export function gestures(over: HTMLElement, now: Now): () => void {
  const ends = new AbortController();
  const on = <K extends keyof HTMLElementEventMap>(type: K, does: (e: HTMLElementEventMap[K]) => void) =>
    over.addEventListener(type, does, { signal: ends.signal, passive: false });

  const part = (x: number): number => {
    const { left, width } = over.getBoundingClientRect();
    return Math.min(1, Math.max(0, (x - left) / width));
  };
  const at = (x: number, view: View): number => view.from + part(x) * (view.to - view.from);

  // A page that is scrolled past may slide below a resting pointer: only one that was moved here since means the chart.
  let aimed = false;
  let place = "";
  let moved = false;
  const watch = (e: PointerEvent) => {
    moved = place !== `${e.clientX} ${e.clientY}`;
    place = `${e.clientX} ${e.clientY}`;
  };
  addEventListener("pointermove", watch, { signal: ends.signal, capture: true, passive: true });
  addEventListener("scroll", () => (aimed = false), { signal: ends.signal, passive: true });
  on("pointerleave", () => (aimed = false));

  on("wheel", (e) => {
    if (!aimed && !e.ctrlKey) return;
    const zoom = now.zoom();
    const view = zoom.now();
    const pixels = e.deltaMode === 1 ? 16 : 1;
    const [across, along] = [(e.deltaX || (e.shiftKey ? e.deltaY : 0)) * pixels, e.deltaY * pixels];
    const sideways = Math.abs(across) >= Math.abs(along) && across !== 0;
    const factor = Math.exp(Math.max(-MOST_WHEEL, Math.min(MOST_WHEEL, along)) * WHEEL * (e.ctrlKey ? 4 : 1));
    const next = sideways
      ? panned(view, (across / over.clientWidth) * (view.to - view.from), zoom.whole)
      : zoomed(view, factor, at(e.clientX, view), zoom.whole);
    if (next.from === view.from && next.to === view.to) return;
    e.preventDefault();
    zoom.show(next);
  });

  const fingers = new Map<number, Finger>();
  let start: { view: View; xs: number[] } | undefined;
  const begin = () => (start = fingers.size ? { view: now.zoom().now(), xs: xsOf(fingers) } : undefined);

  on("pointerdown", (e) => {
    if (e.pointerType === "mouse" && !(e.shiftKey && e.button === 0)) return;
    over.setPointerCapture(e.pointerId);
    fingers.set(e.pointerId, { x: e.clientX });
    begin();
  });

  on("pointermove", (e) => {
    aimed ||= moved;
    const finger = fingers.get(e.pointerId);
    if (!finger || !start) return;
    finger.x = e.clientX;
    const zoom = now.zoom();
    const xs = xsOf(fingers);
    if (xs.length === 1 && isWhole(start.view, zoom.whole)) now.onCursor(at(e.clientX, start.view));
    else zoom.show(followed(start.view, start.xs, xs, over, zoom.whole));
  });

  const lift = (e: PointerEvent) => {
    if (fingers.delete(e.pointerId)) begin();
  };
  on("pointerup", lift);
  on("pointercancel", lift);
  return () => ends.abort();
}

const xsOf = (fingers: Map<number, Finger>): number[] => [...fingers.values()].slice(0, 2).map((f) => f.x);

/** What the fingers held at the start stays below them. */
function followed(view: View, before: number[], after: number[], over: HTMLElement, whole: View): View {
  const { left, width } = over.getBoundingClientRect();
  const middle = (xs: number[]) => xs.reduce((a, x) => a + x, 0) / xs.length;
  const apart = (xs: number[]) => (xs.length > 1 ? Math.max(20, Math.abs(xs[0]! - xs[1]!)) : 1);
  const held = view.from + ((middle(before) - left) / width) * (view.to - view.from);
  const closer = zoomed(view, apart(before) / apart(after), held, whole);
  const shifted = ((middle(before) - middle(after)) / width) * (closer.to - closer.from);
  return panned(closer, shifted, whole);
}
