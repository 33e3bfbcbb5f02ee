import type { DeviceInfo } from "../api/types.gen.ts";
import { actsThrough } from "../control/driven.ts";
import { quantityOf } from "../control/kind.ts";

const points = (device: DeviceInfo): string[] => device.commands.map((c) => c.point);

/** What the hub drives to carry out a wish for `point`: a mode acts through the device's set-point. */
export function driven(device: DeviceInfo, point: string): string {
  const setPoint = points(device).find(actsThrough);
  return quantityOf(point) === "mode" ? (setPoint ?? point) : point;
}

/** What happened to a mode and to the set-point it drives belongs to the same story. */
export function related(device: DeviceInfo, point: string): string[] {
  const mode = points(device).find((p) => quantityOf(p) === "mode");
  const pair = mode ? [mode, driven(device, mode)] : [];
  return [point, ...(pair.includes(point) ? pair.filter((p) => p !== point) : [])];
}
