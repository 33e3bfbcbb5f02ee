import type { SpokeKind } from "./layout.ts";

/** The picture's own coordinates. */
export const WIDTH = 360;
export const HEIGHT = 402;

export interface Place {
  x: number;
  y: number;
}

export const HOME: Place = { x: 180, y: 188 };
const HOME_RADIUS = 50;
const NODE_RADIUS = 27;

/** Sources above and beside the home, uses below it. */
export const PLACES: Record<SpokeKind, Place> = {
  solar: { x: 180, y: 38 },
  unexplained: { x: 312, y: 58 },
  grid: { x: 46, y: 150 },
  battery: { x: 314, y: 150 },
  heat: { x: 60, y: 310 },
  other: { x: 180, y: 316 },
  car: { x: 300, y: 310 },
};

/** Line width in the picture's units: the square root keeps 100 W visible beside 10 kW. */
export const lineWidth = (watts: number): number => Math.min(9, Math.max(1.5, Math.sqrt(Math.abs(watts)) / 8.5));

/** From the edge of a node to the edge of the home, slightly bent. */
export function path(kind: SpokeKind): string {
  const place = PLACES[kind];
  const gap = Math.hypot(HOME.x - place.x, HOME.y - place.y);
  const along = { x: (HOME.x - place.x) / gap, y: (HOME.y - place.y) / gap };
  const from = { x: place.x + along.x * NODE_RADIUS, y: place.y + along.y * NODE_RADIUS };
  const to = { x: HOME.x - along.x * HOME_RADIUS, y: HOME.y - along.y * HOME_RADIUS };
  return `M${round(from.x)} ${round(from.y)} L${round(to.x)} ${round(to.y)}`;
}

const round = (n: number): number => Math.round(n * 10) / 10;
