import type { Decisions, DeviceInfo, Value } from "../api/types.gen.ts";
import { quantityOf, type Role, type Topic } from "./kind.ts";

const DRIVEN_BY_MODE = ["current_limit", "power_setpoint", "sg_ready", "on"];

/** Whether a mode acts through this point. */
export const actsThrough = (point: string): boolean => DRIVEN_BY_MODE.includes(quantityOf(point));

/** What the hub decides of the device: by its mode, else by what it is told directly; none where it only measures. */
export function driving(device: DeviceInfo): Topic[] {
  const of = (fits: (point: string) => boolean) => device.commands.find((c) => fits(c.point));
  const command = of((p) => quantityOf(p) === "mode") ?? of((p) => actsThrough(p) || quantityOf(p) === "power_limit");
  return command ? [{ device, command }] : [];
}

/** What no device shows: the hub heeds it for as long as it is wished. */
export const isHeeded = (point: string): boolean => ["target_energy", "target_soc", "reserve"].includes(quantityOf(point));

/** In these modes the hub leaves the device alone. */
const leavesAlone = (role: Role, mode: Value | null): boolean =>
  mode === null || (role === "plug" && mode === "manual") || (role === "battery" && mode === "off");

/** Whether the hub drives the point by itself, so that what people wish of it has an end. What is decided only because
    somebody has just asked for it is not driven. */
export const isDriven = (known: Decisions, role: Role, point: string, mode: Value | null): boolean =>
  known.decisions.some((d) => d.point === point && !((d.request || d.source === "person") && leavesAlone(role, mode)));
