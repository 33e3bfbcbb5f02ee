import { saying, type Said } from "../../../control/came.ts";
import type { Sent } from "../../../control/send.ts";
import { sentence } from "../../../words/reasons.ts";

/** Why a wish was not taken, in a sentence; empty when it was. `said`: the command that was asked. */
export function refusal(sent: Sent, said: Said | undefined): string {
  const say = said && saying(said);
  if ("reason" in sent) return sentence(sent.reason, say);
  return sent.answer.state === "refused" ? sentence(sent.answer.reason, say) : "";
}
