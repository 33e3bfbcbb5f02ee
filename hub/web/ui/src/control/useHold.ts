import { useState } from "react";
import { useDecisions } from "../api/decisions.ts";
import { useSite } from "../api/queries.ts";
import type { CommandInfo, DeviceInfo } from "../api/types.gen.ts";
import { hubNow } from "../live/clock.ts";
import { usePoint } from "../live/hooks.ts";
import { holds, type Hold, type HoldChoice } from "../model/hold.ts";
import { isDriven, isHeeded } from "./driven.ts";
import { quantityOf } from "./kind.ts";

export interface Holding {
  choices: HoldChoice[];
  hold: Hold;
  choose: (hold: Hold) => void;
  /** When a wish of now is to end (UTC ms); null = for good, or the device keeps it. */
  end: () => number | null;
}

/** For how long the next wish holds: a mode for good or for a time, what the hub drives always for a time. */
export function useHold(device: DeviceInfo, { point }: CommandInfo): Holding {
  const mode = quantityOf(point) === "mode";
  const state = usePoint(`${device.id}.mode`)?.v ?? null;
  const driven = useDecisions((d) => isDriven(d, device.role, point, state)).data ?? false;
  const zone = useSite().data?.timezone ?? "UTC";
  const [chosen, choose] = useState<Hold>(mode ? "good" : "hour");
  const now = () => (mode || driven || isHeeded(point) || device.role === "house" ? holds(hubNow(), zone, mode) : []);
  const choices = now();
  const hold = choices.some((c) => c.hold === chosen) ? chosen : "hour";
  return { choices, hold, choose, end: () => now().find((c) => c.hold === hold)?.end ?? null };
}
