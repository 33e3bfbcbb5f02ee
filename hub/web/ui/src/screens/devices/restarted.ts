import { get } from "../../api/client.ts";
import type { CommandAnswer, ReasonInfo } from "../../api/types.gen.ts";
import { newId, send } from "../../control/send.ts";
import { found } from "../../words/found.ts";
import { capital, sentence } from "../../words/reasons.ts";

const t = found.restart;
const LATER_MS = 2_000;
const TRIES = 6;

export interface Came {
  state: CommandAnswer["state"];
  reason: ReasonInfo;
}

/** A charger that takes longer than the hub waits has its answer in the hub's journal. */
export async function answered(point: string, how: string): Promise<Came> {
  const id = newId();
  const sent = await send(id, point, how);
  if (!("answer" in sent)) return { state: sent.silent ? "no_answer" : "refused", reason: sent.reason };
  let answer = sent.answer;
  for (let tries = 0; tries < TRIES && answer.reason.code === "pending"; tries += 1) {
    await new Promise((done) => setTimeout(done, LATER_MS));
    answer = await get<CommandAnswer>(`/commands/${id}`, AbortSignal.timeout(LATER_MS)).catch(() => answer);
  }
  return answer;
}

/** What became of it, in the device's own words. */
export function outcome({ state, reason }: Came): string {
  if (state === "confirmed") return t.done;
  if (reason.code === "taken_not_shown") return t.scheduled;
  return capital(sentence(reason));
}
