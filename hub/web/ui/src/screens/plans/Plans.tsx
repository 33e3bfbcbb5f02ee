import { useMemo } from "react";
import { useDecisionsAwaited } from "../../api/decisions.ts";
import { useDevices, useRules, useSchedules, useSite } from "../../api/queries.ts";
import { plans } from "../../words/plans.ts";
import "../../styles/plans.css";
import { AheadCard } from "./ahead/AheadCard.tsx";
import { House } from "./points.ts";
import { Rules } from "./Rules.tsx";
import { Schedules } from "./Schedules.tsx";

/** What the house does by itself, and how to tell it so. */
export function Plans() {
  const devices = useDevices().data;
  const site = useSite().data;
  const asked = [useSchedules(), useRules()];
  const failed = asked.some((q) => q.isError && !q.data);
  const awaited = useDecisionsAwaited();
  const ready = asked.every((q) => q.data) && !awaited;
  const key = devices && JSON.stringify(devices.map((d) => [d.id, d.points, d.commands]));
  // The devices are fetched again and again; their names and ranges hardly ever change.
  const house = useMemo(() => (devices && site ? new House(devices, site.currency) : undefined), [key, site?.currency]);
  return (
    <div className="plans">
      <div>
        <h1>{plans.title}</h1>
        <p className="quiet">{failed ? plans.failed : plans.lead}</p>
      </div>
      <AheadCard />
      {house && ready ? (
        <div className="halves">
          <Schedules house={house} />
          <Rules house={house} />
        </div>
      ) : (
        !failed && <p className="quiet">{plans.loading}</p>
      )}
    </div>
  );
}
