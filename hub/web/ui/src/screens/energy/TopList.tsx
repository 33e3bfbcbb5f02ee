import { isPartial } from "../../model/energy.ts";
import type { Place } from "../../model/top.ts";
import { Icon } from "../../ui/Icon.tsx";
import { ROLES, SPOKES } from "../../ui/roles.ts";
import { deviceName, energy, percent } from "../../words/format.ts";
import { words } from "../../words/index.ts";
import type { Figures } from "./useFigures.ts";

const t = words.energy.top;
const WORTH_WH = 5;

/** Who used how much of it, the largest first; at the end what no device accounts for. */
export function TopList({ figures: { top, period, now } }: { figures: Figures }) {
  const devices = top?.filter((p) => p.id !== null) ?? [];
  const shown = top?.filter((p) => (p.wh ?? 0) >= WORTH_WH) ?? [];
  const none = devices.filter((p) => p.wh !== null && p.wh < WORTH_WH);
  const unknown = devices.filter((p) => p.wh === null);
  const partly = shown.some((place) => isPartial(place, period, now));
  return (
    <section className="card top-list" aria-label={t.title}>
      <h2>{t.title}</h2>
      {top && !devices.length && <p className="quiet small">{t.empty}</p>}
      {(!top || shown.length > 0) && (
        <ol>
          {shown.map((place) => (
            <Row key={place.id ?? ""} place={place} />
          ))}
        </ol>
      )}
      {partly && <p className="quiet small">{t.partly}</p>}
      {none.length > 0 && <p className="quiet small">{t.none(names(none))}</p>}
      {unknown.length > 0 && <p className="quiet small">{t.unknown(names(unknown))}</p>}
    </section>
  );
}

const names = (places: Place[]): string => words.list(places.map(nameOf));

const nameOf = ({ id }: Place): string => (id === null ? t.rest : deviceName(id));

function Row({ place }: { place: Place }) {
  const look = place.role ? ROLES[place.role] : SPOKES.other;
  const share = 100 * place.share;
  return (
    <li data-role={look.colour} data-device={place.id ?? "rest"} data-value={Math.round(place.wh!)}>
      <span className="badge">
        <Icon name={look.icon} />
      </span>
      <span className="name">{nameOf(place)}</span>
      <b className="amount">{energy(place.wh!)}</b>
      <span className="quiet share">{share < 1 ? t.little : percent(share)}</span>
      <span className="track" aria-hidden="true">
        <span style={{ inlineSize: `${Math.max(0.5, share)}%` }} />
      </span>
    </li>
  );
}
