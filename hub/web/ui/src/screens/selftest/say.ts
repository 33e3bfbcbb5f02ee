import type { Commissioning, FindingInfo } from "../../api/types.gen.ts";
import { deviceName } from "../../words/format.ts";
import { selftest as t } from "../../words/selftest.ts";

type Verdict = FindingInfo["verdict"];

const VERDICTS: readonly Verdict[] = ["fault", "unknown", "good"];

/** What is to be mended first, then what nobody knows, then what is good; no empty ones. */
export const sorted = (findings: readonly FindingInfo[]): Array<[Verdict, FindingInfo[]]> =>
  VERDICTS.map((v): [Verdict, FindingInfo[]] => [v, findings.filter((f) => f.verdict === v)]).filter(([, all]) => all.length > 0);

export function headline(findings: readonly FindingInfo[]): string {
  const count = (verdict: Verdict) => findings.filter((f) => f.verdict === verdict).length;
  return t.headline(count("fault"), count("unknown"));
}

/** What is done now. */
export const doing = ({ what, device }: Commissioning): string => t.steps[what]?.(deviceName(device)) ?? t.preparing;

/** In whole minutes: nobody waits by the second, and a screen reader must not count them. */
export function left({ done, all }: Commissioning): string {
  const minutes = Math.ceil((all - done) / 60);
  return all - done < 50 ? t.soon : t.left(minutes);
}
