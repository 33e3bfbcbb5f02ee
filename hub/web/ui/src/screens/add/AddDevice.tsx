import { useEffect, useRef, useState, type ReactNode } from "react";
import { useDevices } from "../../api/queries.ts";
import type { FoundDevice } from "../../api/types.gen.ts";
import { found as t } from "../../words/found.ts";
import "../../styles/found.css";
import "../../styles/sheets.css";
import { ByHand } from "./ByHand.tsx";
import { Elsewhere } from "./Elsewhere.tsx";
import { adoptedAs, keyOf } from "./found.ts";
import { FoundRow } from "./FoundRow.tsx";
import { titleOf, whereOf } from "./say.ts";
import { useSearch, type Search } from "./useSearch.ts";
import { taker, useTakings } from "./useTaking.ts";

/** Looks for devices at once, shows each as it is found, and takes it in. */
export function AddDevice({ onShow }: { onShow: (id: string) => void }) {
  const search = useSearch();
  const house = useDevices().data ?? [];
  const takings = useTakings();
  useEffect(() => taker.tidy(), []);
  const isKnown = (f: FoundDevice) => !takings.has(keyOf(f)) && adoptedAs(f, house).length > 0;
  const fresh = search.devices.filter((f) => !isKnown(f));
  const known = search.devices.filter(isKnown);
  return (
    <div className="adding">
      <Progress search={search} />
      <List title={t.fresh} devices={fresh} row={(f) => <FoundRow key={keyOf(f)} f={f} house={house} onShow={onShow} />} />
      {!search.searching && !search.failed && !search.devices.length && <p>{t.none}</p>}
      <List title={t.known} devices={known} row={(f) => <FoundRow key={keyOf(f)} f={f} house={house} onShow={onShow} />} />
      <div className="others">
        <Elsewhere search={search} />
        <ByHand house={house} onShow={onShow} />
      </div>
      <Heard search={search} />
    </div>
  );
}

function Progress({ search: { searching, looking, until, failed, devices, look } }: { search: Search }) {
  return (
    <div className="search">
      <p className="reading" data-busy={searching}>
        {failed && !searching ? t.failed(failed) : searching ? t.searching(devices.length, looking, until) : t.ended(devices.length)}
      </p>
      {!searching && (
        <button type="button" className="textual" onClick={() => look([])}>
          {t.again}
        </button>
      )}
    </div>
  );
}

function List({ title, devices, row }: { title: string; devices: FoundDevice[]; row: (f: FoundDevice) => ReactNode }) {
  if (!devices.length) return null;
  return (
    <ul className="found" aria-label={title}>
      {devices.map(row)}
    </ul>
  );
}

/** Tells a screen reader what has come since it told last, and when the search has ended. */
function Heard({ search: { devices, searching } }: { search: Search }) {
  const [said, setSaid] = useState("");
  const told = useRef(0);
  useEffect(() => {
    const news = devices.slice(told.current);
    told.current = devices.length;
    if (news.length) setSaid(news.map((f) => t.heard(titleOf(f), whereOf(f))).join(". "));
    else if (!searching) setSaid(t.ended(devices.length));
  }, [devices.length, searching]);
  return (
    <p className="unseen" role="status">
      {said}
    </p>
  );
}
