import { ApiError, get, remove } from "../../api/client.ts";
import { queryClient } from "../../api/queries.ts";
import type { Devices } from "../../api/types.gen.ts";

const ASK_MS = 400;
const TRIES = 75;

/**
 * Takes the device out and waits until the hub, which starts anew then, lists it no more; false when that takes too
 * long. Throws the hub's refusal. No answer is no refusal: the hub may have gone before it could say yes.
 */
export async function takenOut(device: string): Promise<boolean> {
  let accepted = false;
  for (let tries = 0; tries < TRIES; tries += 1) {
    if (!accepted) accepted = await asked(device);
    if (await isGone(device)) return true;
    await new Promise((done) => setTimeout(done, ASK_MS));
  }
  return false;
}

async function asked(device: string): Promise<boolean> {
  try {
    await remove(`/devices/${encodeURIComponent(device)}`);
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return true;
    if (error instanceof ApiError && (error.status === 0 || error.status >= 502)) return false;
    throw error;
  }
}

async function isGone(device: string): Promise<boolean> {
  try {
    const { devices } = await get<Devices>("/devices", AbortSignal.timeout(8_000));
    if (devices.some((d) => d.id === device)) return false;
    queryClient.setQueryData(["devices"], devices);
    return true;
  } catch {
    return false;
  }
}
