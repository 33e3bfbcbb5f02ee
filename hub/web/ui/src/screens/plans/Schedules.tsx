import { useSchedules } from "../../api/queries.ts";
import type { ScheduleInfo } from "../../api/types.gen.ts";
import { useHubNow } from "../../live/clock.ts";
import { plans } from "../../words/plans.ts";
import { topicsOf } from "./action.ts";
import { isEnabled, nameIn } from "./document.ts";
import { PlanList } from "./PlanList.tsx";
import type { House } from "./points.ts";
import { action, due, notAsAsked } from "./say.ts";
import { ScheduleEditor } from "./ScheduleEditor.tsx";
import { whenText } from "./scheduleText.ts";
import { bare, useAgainst } from "./usePlans.ts";

const t = plans.schedules;

export function Schedules({ house }: { house: House }) {
  const listed = useSchedules().data;
  const taken = listed?.map((s) => s.id) ?? [];
  return (
    <PlanList
      kind="schedule"
      title={t.title}
      add={t.add}
      none={t.none}
      plans={listed}
      item={(plan) => <Schedule plan={plan} house={house} />}
      topics={(plan) => (plan.active ? topicsOf([plan.document["set"]], house) : [])}
      editor={(plan, done) => <ScheduleEditor key={plan?.id ?? ""} house={house} plan={plan} taken={taken} onDone={done} />}
    />
  );
}

function Schedule({ plan, house }: { plan: ScheduleInfo; house: House }) {
  const now = useHubNow();
  const against = useAgainst("schedule", plan.id);
  const state = plan.problem ? "broken" : !isEnabled(plan) ? "off" : plan.active ? "active" : "idle";
  return (
    <div className="told" data-state={state} data-met={!against}>
      <h3>{nameIn(plan)}</h3>
      <p className="sentence">
        {capital(action(String(plan.document["set"]), house))}: {whenText(plan.document, house)}
      </p>
      <p className="state small">
        {stateOf(plan, state, now)}
        {against && `. ${notAsAsked(against, house)}`}
      </p>
    </div>
  );
}

function stateOf(plan: ScheduleInfo, state: string, now: number): string {
  if (state === "broken") return t.broken(bare(plan.problem));
  if (state === "off") return t.off;
  const running = plan.next.find((s) => s.start <= now);
  const next = plan.next.find((s) => s.start > now);
  if (state === "active") return running?.end ? t.nowUntil(due(running.end)) : t.now;
  return next ? t.next(due(next.start)) : t.nothing;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
