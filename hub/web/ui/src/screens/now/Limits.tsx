import { useJournal, useSession } from "../../api/queries.ts";
import type { DeviceInfo, Value } from "../../api/types.gen.ts";
import { usePoint } from "../../live/hooks.ts";
import { pointOf } from "../../model/layout.ts";
import { power } from "../../words/format.ts";
import { words } from "../../words/index.ts";
import { limitOwner } from "./limitOwner.ts";

const t = words.limits;
const WAYS = ["import_limit", "export_limit"] as const;

/** The limits in force at the connection, and whose they are; nothing where there is none. */
export function Limits({ devices }: { devices: readonly DeviceInfo[] }) {
  const house = devices.find((d) => d.role === "house");
  return house && WAYS.map((way) => <Limit key={way} way={way} point={pointOf(house, way) ?? ""} />);
}

function Limit({ way, point }: { way: (typeof WAYS)[number]; point: string }) {
  const value = usePoint(point)?.v;
  return value == null ? null : <Line point={point} value={value} limit={t[way](power(Number(value)))} />;
}

function Line({ point, value, limit }: { point: string; value: Value; limit: string }) {
  const rows = useJournal([point]).data;
  const me = useSession().data?.user ?? "";
  return (
    <p className="limit-line small quiet" data-limit={point}>
      {rows ? t.by(limit, limitOwner(rows, value, me)) : `${limit}.`}
    </p>
  );
}
