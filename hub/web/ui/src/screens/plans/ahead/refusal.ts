import type { Sent } from "../../../control/send.ts";
import { sentence } from "../../../words/reasons.ts";

/** Why a wish was not taken, in a sentence; empty when it was. */
export function refusal(sent: Sent): string {
  if ("reason" in sent) return sentence(sent.reason);
  return sent.answer.state === "refused" ? sentence(sent.answer.reason) : "";
}
