import { kilowatts, percent } from "./format.ts";

/** What the sentence is made from, in W; null = not known, undefined = the house has none. */
export interface Figures {
  grid: number | null | undefined;
  solar: number | null | undefined;
  battery: number | null | undefined;
  consumption: number | null | undefined;
}

const QUIET_W = 50;

/** What is happening, in one calm sentence or two: the exchange with the grid, then what feeds the home. */
export function calmSentence(f: Figures): string {
  if (f.grid == null) return f.grid === null ? "The grid meter does not answer." : "No grid meter is set up yet.";
  return [exchange(f.grid), supply(f.grid, f)].filter(Boolean).join(" ");
}

function exchange(grid: number): string {
  if (grid > QUIET_W) return `Taking ${kilowatts(grid)} from the grid.`;
  if (grid < -QUIET_W) return `Sending ${kilowatts(grid)} to the grid.`;
  return "In balance with the grid.";
}

function supply(grid: number, f: Figures): string {
  if (f.solar === null) return "The solar inverter does not answer.";
  const solar = f.solar ?? 0;
  const battery = Math.max(0, f.battery ?? 0);
  if (f.consumption == null || f.consumption < QUIET_W) return "";
  if (grid <= QUIET_W) return covered(solar, battery, f.consumption);
  const own = Math.round(100 * Math.max(0, 1 - grid / f.consumption));
  if (own < 1) return "Everything at home runs on grid power.";
  return `${who(solar, battery)} ${battery > QUIET_W && solar > QUIET_W ? "cover" : "covers"} ${percent(own)} of what the home uses.`;
}

function covered(solar: number, battery: number, consumption: number): string {
  if (solar >= consumption - QUIET_W && battery <= QUIET_W) return "Solar covers everything at home.";
  if (battery > QUIET_W) return solar > QUIET_W ? "Solar and battery cover everything at home." : "The battery covers everything at home.";
  return solar > QUIET_W ? "Solar covers everything at home." : "";
}

function who(solar: number, battery: number): string {
  if (solar > QUIET_W && battery > QUIET_W) return "Solar and battery";
  return battery > QUIET_W ? "The battery" : "Solar";
}
