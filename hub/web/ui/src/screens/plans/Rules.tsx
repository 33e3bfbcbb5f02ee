import { useRules } from "../../api/queries.ts";
import type { RuleInfo } from "../../api/types.gen.ts";
import { moment } from "../../words/moment.ts";
import { plans } from "../../words/plans.ts";
import { topicsOf } from "./action.ts";
import { actionsOf, nameIn } from "./document.ts";
import { PlanList } from "./PlanList.tsx";
import type { House } from "./points.ts";
import { RuleEditor } from "./RuleEditor.tsx";
import { RuleSentence } from "./RuleSentence.tsx";
import { lasting, notAsAsked } from "./say.ts";
import { bare, useAgainst } from "./usePlans.ts";

const t = plans.rules;

export function Rules({ house }: { house: House }) {
  const listed = useRules().data;
  const taken = listed?.map((r) => r.id) ?? [];
  const names = Object.fromEntries(listed?.map((r) => [r.id, nameIn(r)]) ?? []);
  return (
    <PlanList
      kind="rule"
      title={t.title}
      add={t.add}
      none={t.none}
      plans={listed}
      item={(plan) => <Rule plan={plan} house={house} />}
      topics={(plan) => (plan.now.state === "active" ? topicsOf(actionsOf(plan.document), house) : [])}
      editor={(plan, done) => <RuleEditor key={plan?.id ?? ""} house={house} plan={plan} taken={taken} names={names} onDone={done} />}
    />
  );
}

function Rule({ plan, house }: { plan: RuleInfo; house: House }) {
  const { state } = plan.now;
  const more = detail(plan);
  const against = useAgainst("rule", plan.id);
  return (
    <div className="told" data-state={state} data-met={!against}>
      <h3>{nameIn(plan)}</h3>
      <RuleSentence document={plan.document} house={house} />
      <p className="state small">
        {t.states[state] ?? state}
        {more && `: ${more}`}
        {against && `. ${notAsAsked(against, house)}`}
      </p>
    </div>
  );
}

function detail({ now: { state, reason }, problem }: RuleInfo): string {
  const n = reason.numbers;
  if (state === "broken") return bare(problem);
  if (state === "active") return n["since"] ? t.since(moment(Number(n["since"]))) : "";
  if (reason.code === "rule_waits") return t.waits(lasting(Number(n["wait_s"])));
  if (reason.code === "rule_cools") return t.rests(lasting(Number(n["wait_s"])));
  if (reason.code === "rule_spent") return t.spent;
  if (reason.code === "rule_input_missing") return t.unknown;
  return state === "idle" ? t.idle : "";
}
