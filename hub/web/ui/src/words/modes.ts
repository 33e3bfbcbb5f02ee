import type { DeviceInfo } from "../api/types.gen.ts";
import { choice } from "./format.ts";

type Role = DeviceInfo["role"];
type Mode = readonly [name: string, does: string];

/** What the modes of a device are called, and what each does, in a line. */
const MODES: Partial<Record<Role, Record<string, Mode>>> = {
  charger: {
    off: ["Off", "Does not charge."],
    solar: ["Solar", "Charges only with what the sun leaves over."],
    min_solar: ["Min+Solar", "Always charges a little, more with sun."],
    fast: ["Fast", "Charges as fast as the house allows."],
    plan: ["Plan", "Charges when the plan says so."],
  },
  battery: {
    off: ["Hands off", "The hub leaves the battery to itself."],
    auto: ["Auto", "Stores what is left over, gives when needed."],
    hold: ["Hold", "Keeps its charge: takes and gives nothing."],
    charge: ["Charge", "Charges all it can, from the grid too."],
    discharge: ["Discharge", "Gives all it can, to the grid too."],
    plan: ["Plan", "Stores and gives as the plan says."],
  },
  heatpump: {
    normal: ["Normal", "Runs as it likes."],
    boost: ["Boost", "Is asked to store more heat now."],
    surplus: ["Solar", "Stores more heat when sun is left over."],
    plan: ["Plan", "Stores more heat when the plan says so."],
  },
  plug: {
    manual: ["By hand", "The hub does not switch it by itself."],
    surplus: ["Solar", "Is on while enough sun is left over."],
    plan: ["Plan", "Is on when the plan says so."],
  },
};

export const modeName = (role: Role | undefined, mode: string): string => (role && MODES[role]?.[mode]?.[0]) ?? choice(mode);

export const modeDoes = (role: Role, mode: string): string => MODES[role]?.[mode]?.[1] ?? "";
