import { useEffect, useState } from "react";
import { useHealth } from "../api/queries.ts";
import { useLink } from "../live/hooks.ts";
import type { Link } from "../live/store.ts";
import { Icon } from "../ui/Icon.tsx";
import { words } from "../words/index.ts";
import { moment } from "../words/moment.ts";

const PATIENCE_MS = 1_500;

/** Says when the phone has lost the hub, or when the hub is not ready; a lost device is told where it is shown. */
export function ConnectionBar() {
  const link = useLink();
  const health = useHealth();
  const late = useLate(link.phase === "connecting");
  const text = message(link, health.data?.status === "starting", late);
  return (
    <div role="status" aria-live="polite">
      {text && (
        <p className="bar">
          <Icon name="warning" />
          <span>{text}</span>
        </p>
      )}
    </div>
  );
}

function message(link: Link, starting: boolean, late: boolean): string {
  if (link.phase === "lost") return words.link.lostLong(moment(link.since, true));
  if (starting) return words.link.starting;
  return late ? words.link.connectingLong : "";
}

/** True once `waiting` has lasted longer than anybody notices. */
function useLate(waiting: boolean): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (!waiting) return setLate(false);
    const timer = setTimeout(() => setLate(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [waiting]);
  return late;
}
