import type { LinkInfo } from "../../api/types.gen.ts";
import { useOld } from "../../live/hooks.ts";
import { words } from "../../words/index.ts";
import { moment } from "../../words/moment.ts";

const t = words.devices.link;

/** How the device is reached, in words; the dot only repeats them. */
export function LinkState({ link }: { link: LinkInfo }) {
  const old = useOld();
  return (
    <p className="link small quiet" data-state={old ? "old" : link.state}>
      {old ? t.old : told(link)}
      {!old && link.state === "lost" && link.reason && <span className="reason">{link.reason}</span>}
    </p>
  );
}

function told(link: LinkInfo): string {
  if (link.state === "connecting") return t.connecting;
  return link.state === "up" ? t.up(moment(link.since)) : t.lost(moment(link.since));
}
