import { useJournal, useSession } from "../../api/queries.ts";
import type { DeviceInfo, Value } from "../../api/types.gen.ts";
import { usePoints } from "../../live/hooks.ts";
import { pointOf } from "../../model/layout.ts";
import { power } from "../../words/format.ts";
import { words } from "../../words/index.ts";
import { limitOwner } from "./limitOwner.ts";

const t = words.limits;
const WAYS = ["import_limit", "export_limit"] as const;

interface Props {
  devices: readonly DeviceInfo[];
  /** What stands there when there is no limit. */
  none?: string;
}

/** The limits in force at the connection, and whose they are. */
export function Limits({ devices, none = "" }: Props) {
  const house = devices.find((d) => d.role === "house");
  const points = WAYS.map((way) => (house && pointOf(house, way)) ?? "");
  const read = usePoints(points);
  const inForce = WAYS.map((way, i) => ({ way, point: points[i]!, value: read(points[i]!)?.v })).filter((l) => l.value != null);
  if (!inForce.length) return none && <p className="eyebrow quiet small">{none}</p>;
  return inForce.map(({ way, point, value }) => <Line key={way} point={point} value={value!} limit={t[way](power(Number(value)))} />);
}

function Line({ point, value, limit }: { point: string; value: Value; limit: string }) {
  const rows = useJournal([point]).data;
  const me = useSession().data?.user ?? "";
  return (
    <p className="eyebrow limit-line small quiet" data-limit={point}>
      {rows ? t.by(limit, limitOwner(rows, value, me)) : `${limit}.`}
    </p>
  );
}
