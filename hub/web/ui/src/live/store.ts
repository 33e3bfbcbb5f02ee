import type { PointState } from "../api/types.gen.ts";

/** How the page is connected: `polling` works, but slowly; `lost` means that everything shown is old. */
export type Phase = "connecting" | "live" | "polling" | "lost";

export interface Link {
  phase: Phase;
  since: number;
}

type Listener = () => void;

/** The latest state of every point. One listener hears of one point, so 200 points a second stay cheap. */
export class LiveStore {
  #points = new Map<string, PointState>();
  #listeners = new Map<string, Set<Listener>>();
  #linkListeners = new Set<Listener>();
  #qualityListeners = new Set<Listener>();
  #link: Link = { phase: "connecting", since: Date.now() };

  point = (id: string): PointState | undefined => this.#points.get(id);

  link = (): Link => this.#link;

  subscribe(ids: readonly string[], listener: Listener): Listener {
    for (const id of ids) {
      const heard = this.#listeners.get(id) ?? new Set();
      this.#listeners.set(id, heard.add(listener));
    }
    return () => ids.forEach((id) => this.#listeners.get(id)?.delete(listener));
  }

  onLink = (listener: Listener): Listener => this.#on(this.#linkListeners, listener);

  /** Called when a point starts or stops being known: a sign that a device came or went. */
  onQuality = (listener: Listener): Listener => this.#on(this.#qualityListeners, listener);

  /** The full state: what is not in it no longer exists. */
  replace(points: Record<string, PointState>): void {
    const gone = [...this.#points.keys()].filter((id) => !(id in points));
    gone.forEach((id) => this.#points.delete(id));
    this.merge(points, gone);
  }

  merge(points: Record<string, PointState>, also: readonly string[] = []): void {
    const wake = new Set<Listener>();
    let quality = also.length > 0;
    for (const [id, state] of Object.entries(points)) {
      const before = this.#points.get(id);
      if (before && before.t === state.t && before.v === state.v && before.q === state.q) continue;
      quality ||= (before?.v == null) !== (state.v == null);
      this.#points.set(id, state);
      this.#listeners.get(id)?.forEach((l) => wake.add(l));
    }
    for (const id of also) this.#listeners.get(id)?.forEach((l) => wake.add(l));
    wake.forEach((l) => l());
    if (quality) this.#qualityListeners.forEach((l) => l());
  }

  connection(phase: Phase): void {
    if (phase === this.#link.phase) return;
    this.#link = { phase, since: Date.now() };
    this.#linkListeners.forEach((l) => l());
  }

  #on(listeners: Set<Listener>, listener: Listener): Listener {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }
}
