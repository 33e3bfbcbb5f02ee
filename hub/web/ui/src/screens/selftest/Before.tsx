import { useState } from "react";
import { ApiError, post } from "../../api/client.ts";
import { queryClient } from "../../api/queries.ts";
import type { Commissioning, DeviceInfo } from "../../api/types.gen.ts";
import { Icon } from "../../ui/Icon.tsx";
import { ROLES } from "../../ui/roles.ts";
import { Segment } from "../../ui/Segment.tsx";
import { deviceName } from "../../words/format.ts";
import { selftest as t } from "../../words/selftest.ts";

type Pace = keyof typeof t.paces;
const PACES: readonly Pace[] = ["quick", "thorough"];

/** What will be moved and for how long; nothing moves before Start. */
export function Before({ test, devices }: { test: Commissioning; devices: readonly DeviceInfo[] }) {
  const [pace, setPace] = useState<Pace>("quick");
  const { start, busy, failed } = useStart();
  return (
    <section className="card" aria-labelledby="moved">
      <h2 id="moved">{t.moved}</h2>
      {test.devices.length ? <Moved ids={test.devices} devices={devices} /> : <p>{t.nothing}</p>}
      {test.devices.length > 0 && (
        <p className="warning">
          <Icon name="warning" />
          <span>{t.warning}</span>
        </p>
      )}
      <div className="stack">
        <h3>{t.pace}</h3>
        <Segment label={t.pace} value={pace} onChange={setPace} options={PACES.map((value) => ({ value, text: t.paces[value] }))} />
        <p className="small quiet">{t.paceTold[pace]}</p>
      </div>
      <p role="alert" className="wrong">
        {failed && t.notStarted(failed)}
      </p>
      <button type="button" className="primary" aria-disabled={busy} onClick={() => !busy && void start(pace === "thorough")}>
        {busy ? t.starting : test.ended === null ? t.start : t.again}
      </button>
    </section>
  );
}

function Moved({ ids, devices }: { ids: readonly string[]; devices: readonly DeviceInfo[] }) {
  return (
    <ul className="moved">
      {ids.map((id) => {
        const role = devices.find((d) => d.id === id)?.role ?? "house";
        return (
          <li key={id}>
            <span className="badge" data-role={ROLES[role].colour}>
              <Icon name={ROLES[role].icon} />
            </span>
            <p>
              <b>{deviceName(id)}</b>
              <span className="small quiet">{t.moves[role] ?? t.movedOther}</span>
            </p>
          </li>
        );
      })}
    </ul>
  );
}

function useStart() {
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState("");
  const start = async (thorough: boolean) => {
    setBusy(true);
    setFailed("");
    try {
      queryClient.setQueryData(["commissioning"], await post<Commissioning>("/commissioning", { thorough }));
    } catch (error) {
      setFailed(error instanceof ApiError && error.status ? error.message : t.silent);
      void queryClient.invalidateQueries({ queryKey: ["commissioning"] });
    }
    setBusy(false);
  };
  return { start, busy, failed };
}
