import type { PointState } from "../api/types.gen.ts";
import type { Layout, SpokeKind } from "./layout.ts";

export type Read = (id: string) => PointState | undefined;

/** One line of the picture. `watts`: + flows towards the home; null = not known. `at`: its oldest reading, 0 = never. */
export interface Spoke {
  kind: SpokeKind;
  points: string[];
  watts: number | null;
  at: number;
}

export interface Sum {
  value: number | null;
  at: number;
}

/** Below this a line carries nothing worth a word. */
export const IDLE_W = 20;
const UNEXPLAINED_W = 100;
const UNEXPLAINED_PART = 0.05;

/** A sum is known only when all its parts are. */
export function sum(points: readonly string[], read: Read): Sum {
  const states = points.map(read);
  const values = states.map((s) => (typeof s?.v === "number" ? s.v : null));
  const missing = states.filter((_, i) => values[i] === null);
  const at = Math.min(...(missing.length ? missing : states).map((s) => s?.t ?? 0));
  return { value: missing.length ? null : values.reduce<number>((a, v) => a + (v ?? 0), 0), at };
}

export function spokesOf(layout: Layout, read: Read): Spoke[] {
  const spokes: Spoke[] = [];
  const add = (kind: SpokeKind, points: string[], sign: number) => {
    if (!points.length) return;
    const { value, at } = sum(points, read);
    spokes.push({ kind, points, watts: value === null ? null : sign * value, at });
  };
  add("solar", layout.solar, 1);
  add("grid", layout.grid, 1);
  add("battery", layout.battery, 1);
  add("car", layout.car, -1);
  add("heat", layout.heat, -1);
  const other = otherUse(layout, read);
  return [...spokes, ...(other ? [other] : []), ...unexplained(layout, read)];
}

/** What the home uses besides the car and the heat pump. */
function otherUse(layout: Layout, read: Read): Spoke | undefined {
  if (!layout.consumption) return undefined;
  const whole = sum([layout.consumption], read);
  const known = sum([...layout.car, ...layout.heat], read);
  const missing = whole.value === null || known.value === null;
  return {
    kind: "other",
    points: [],
    watts: missing ? null : -Math.max(0, whole.value! - known.value!),
    at: whole.value === null ? whole.at : known.at,
  };
}

/** Shown only when the balance is off by more than measuring errors explain. */
function unexplained(layout: Layout, read: Read): Spoke[] {
  if (!layout.unexplained || !layout.consumption) return [];
  const { value, at } = sum([layout.unexplained], read);
  const whole = Math.abs(sum([layout.consumption], read).value ?? 0);
  const off = value !== null && Math.abs(value) > UNEXPLAINED_W && Math.abs(value) > whole * UNEXPLAINED_PART;
  return off ? [{ kind: "unexplained", points: [layout.unexplained], watts: -value, at }] : [];
}
