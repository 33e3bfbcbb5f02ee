import { deviceName } from "../../words/format.ts";
import { found as t } from "../../words/found.ts";
import type { Taking } from "./taking.ts";

/** What is being done, while the hub may be away for a moment. */
export function TakingState({ taking: { phase, asked, at } }: { taking: Taking }) {
  const name = deviceName(asked[at]?.id ?? "");
  return (
    <p className="taking" data-busy="true">
      <span>
        {phase === "waiting" ? t.waiting : t.taking(name, at + 1, asked.length)}
        <small className="quiet">{t.pause}</small>
      </span>
    </p>
  );
}
