import { useDecisions, useDecisionsAt } from "../api/decisions.ts";
import { ApiError } from "../api/client.ts";
import { useSession } from "../api/queries.ts";
import type { Decisions, DeviceInfo, PointInfo } from "../api/types.gen.ts";
import { wishesOf, type Wish } from "../control/wish.ts";
import { Wishes } from "../control/Wishes.tsx";
import { usePoint } from "../live/hooks.ts";
import { words } from "../words/index.ts";
import { moment } from "../words/moment.ts";
import { account, type Account } from "./account.ts";
import { Inputs } from "./Inputs.tsx";

const t = words.why;
const RENEW_MS = 5_000;

interface Props {
  device: DeviceInfo;
  /** The point that the hub drives, and those through which people wish for it. */
  point: string;
  asked: readonly string[];
  points: ReadonlyMap<string, PointInfo>;
  /** The second that is looked at (UTC ms); undefined = now. */
  at: number | undefined;
}

/** What is decided: its value, on whose wish, until when, why, within which limits; and what would have to change. */
export function Holding({ device, point, asked, points, at }: Props) {
  const now = useDecisions(undefined, RENEW_MS);
  const then = useDecisionsAt(at);
  const known = at === undefined ? now : then;
  const mode = usePoint(`${device.id}.mode`)?.v ?? null;
  const me = useSession().data?.user ?? "";
  if (known.isError) return <p className="quiet">{failed(known.error, at)}</p>;
  if (!known.data) return <p className="quiet">{t.loading}</p>;
  const wishes = wishesOf(known.data, asked);
  const decided = decisionOf(known.data, point);
  const past = at !== undefined;
  const told = decided && account(decided, { points, role: device.role, mode: past || mode === null ? null : String(mode), me, wishes, past });
  return (
    <>
      {told ? <Decided told={told} /> : <p>{t.free}</p>}
      <Wishes device={device} wishes={current(wishes, at)} />
      {told && told.changes.length > 0 && <Changes lines={told.changes} />}
    </>
  );
}

const decisionOf = (known: Decisions, point: string) => known.decisions.find((d) => d.point === point);

/** A wish of another time can no longer be taken back. */
const current = (wishes: readonly Wish[], at: number | undefined): Wish[] =>
  at === undefined ? wishes.filter((w) => w.source === "person" || w.by !== null) : [];

function failed(error: Error, at: number | undefined): string {
  return error instanceof ApiError && error.status === 404 && at !== undefined ? t.notKept(moment(at, true)) : t.failed;
}

function Decided({ told }: { told: Account }) {
  return (
    <article className="chapter" data-large="true">
      <p className="headline">{told.headline}</p>
      <p className="whose">{told.whose}.</p>
      {told.because && <p>{told.because}.</p>}
      {told.limits.map((limit) => (
        <p key={limit} className="limit">
          {limit}.
        </p>
      ))}
      {told.inputs.length > 0 && <Inputs inputs={told.inputs} />}
    </article>
  );
}

const Changes = ({ lines }: { lines: readonly string[] }) => (
  <section className="changes">
    <h4>{t.changes}</h4>
    <ul>
      {lines.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  </section>
);
