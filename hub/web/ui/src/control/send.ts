import { ApiError, post } from "../api/client.ts";
import type { CommandAnswer, CommandRequest, ReasonInfo, Value } from "../api/types.gen.ts";

/** The hub answers within a second; a little more for the way to the phone. */
const PATIENCE_MS = 3_000;

/** An id of one's own makes asking twice harmless. (randomUUID needs https; this does not.) */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}

export type Sent = { answer: CommandAnswer } | { reason: ReasonInfo; silent: boolean };

/** `forMs`: how long the wish is to hold; undefined = for good, or as long as the hub holds such a wish. `afterMs`: how
    long until it begins. */
export async function send(id: string, point: string, value: Value, forMs?: number, afterMs = 0): Promise<Sent> {
  const asked: CommandRequest = { id, point, value };
  if (forMs !== undefined) asked.for_s = Math.max(1, Math.round(forMs / 1000));
  if (afterMs > 0) asked.after_s = Math.round(afterMs / 1000);
  try {
    return { answer: await post<CommandAnswer>("/commands", asked, AbortSignal.timeout(PATIENCE_MS)) };
  } catch (error) {
    if (error instanceof ApiError && error.status >= 400 && error.status < 500) {
      return { reason: { code: "hub_failed", numbers: { detail: error.message } }, silent: false };
    }
    return { reason: { code: "hub_silent", numbers: {} }, silent: true };
  }
}
