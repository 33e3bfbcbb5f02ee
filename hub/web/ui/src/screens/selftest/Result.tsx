import type { Commissioning, FindingInfo } from "../../api/types.gen.ts";
import { Icon } from "../../ui/Icon.tsx";
import type { IconName } from "../../ui/icons.ts";
import { deviceName } from "../../words/format.ts";
import { moment } from "../../words/moment.ts";
import { selftest as t } from "../../words/selftest.ts";
import { headline, sorted } from "./say.ts";

const MARKS: Record<FindingInfo["verdict"], IconName> = { fault: "warning", unknown: "unexplained", good: "check" };

/** What the last self-test found: what is to be mended comes first. */
export function Result({ test }: { test: Commissioning }) {
  return (
    <section className="card result" aria-labelledby="result">
      <h2 id="result" data-phase="result" tabIndex={-1}>
        {t.result}
      </h2>
      <div role="status">
        <p className="headline">{headline(test.findings)}</p>
        <p className="small quiet">{test.ended !== null && t.ended(moment(test.ended))}</p>
        {test.stopped && <p className="small">{t.stopped}</p>}
      </div>
      {sorted(test.findings).map(([verdict, findings]) => (
        <section key={verdict} className="verdict" data-verdict={verdict} aria-labelledby={`verdict-${verdict}`}>
          <h3 id={`verdict-${verdict}`}>{t.verdicts[verdict]}</h3>
          <ul>
            {findings.map((f, i) => (
              <Finding key={`${f.check} ${f.device} ${i}`} finding={f} />
            ))}
          </ul>
        </section>
      ))}
      <a className="plain" href="/api/v1/commissioning/report" target="_blank" rel="noopener">
        {t.print}
        <span className="unseen"> ({t.newTab})</span>
      </a>
    </section>
  );
}

function Finding({ finding: { verdict, title, device, seen, mend } }: { finding: FindingInfo }) {
  return (
    <li>
      <Icon name={MARKS[verdict]} />
      <div>
        <p className="small quiet">{device ? `${title}, ${deviceName(device)}` : title}</p>
        <p className="seen">{seen}</p>
        {mend && (
          <p className="mend">
            <b>{t.mend}</b> {mend}
          </p>
        )}
      </div>
    </li>
  );
}
