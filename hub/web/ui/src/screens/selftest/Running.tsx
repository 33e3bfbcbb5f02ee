import { useState } from "react";
import { ApiError, remove } from "../../api/client.ts";
import { queryClient } from "../../api/queries.ts";
import type { Commissioning } from "../../api/types.gen.ts";
import { selftest as t } from "../../words/selftest.ts";
import { doing, left } from "./say.ts";

/** How the self-test goes. */
export function Running({ test }: { test: Commissioning }) {
  const [stopping, setStopping] = useState(false);
  const [failed, setFailed] = useState("");
  const stop = async () => {
    setStopping(true);
    setFailed("");
    try {
      await remove("/commissioning");
    } catch (error) {
      setFailed(error instanceof ApiError && error.status ? error.message : t.silent);
      setStopping(false);
    }
    await queryClient.invalidateQueries({ queryKey: ["commissioning"] });
  };
  return (
    <section className="card running" aria-labelledby="running">
      <h2 id="running" data-phase="running" tabIndex={-1}>
        {t.running}
      </h2>
      <div role="status">
        <p>{doing(test)}</p>
        <p className="small quiet">{test.all > 0 && left(test)}</p>
      </div>
      <div className="progress" role="progressbar" aria-label={t.progress} aria-valuemin={0} aria-valuemax={test.all} aria-valuenow={test.done}>
        <span style={{ inlineSize: `${test.all ? Math.min(100, (100 * test.done) / test.all) : 0}%` }} />
      </div>
      <p role="alert" className="wrong">
        {failed && t.notStopped(failed)}
      </p>
      <button type="button" className="plain" aria-disabled={stopping} onClick={() => !stopping && void stop()}>
        {stopping ? t.stopping : t.stop}
      </button>
    </section>
  );
}
