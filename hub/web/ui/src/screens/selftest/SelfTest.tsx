import { Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useCommissioning, useDevices, useSession } from "../../api/queries.ts";
import { Icon } from "../../ui/Icon.tsx";
import { selftest as t } from "../../words/selftest.ts";
import "../../styles/selftest.css";
import { Before } from "./Before.tsx";
import { Result } from "./Result.tsx";
import { Running } from "./Running.tsx";

/** The installer's self-test: what it will do, how it goes, and what it found. */
export function SelfTest() {
  const { data, isError } = useCommissioning();
  const devices = useDevices().data ?? [];
  const guest = useSession().data?.role === "guest";
  const body = useFollowed(data?.running);
  return (
    <div className="self-test">
      <Link to="/devices" className="textual back">
        <Icon name="previous" />
        {t.back}
      </Link>
      <h1>{t.title}</h1>
      <p className="lead quiet">{t.lead}</p>
      {!data && <p className="quiet">{isError ? t.failed : t.loading}</p>}
      {data && (
        <div className="halves" ref={body} tabIndex={-1}>
          {!data.running && data.ended !== null && <Result test={data} />}
          {data.running ? <Running test={data} /> : guest ? <p>{t.guests}</p> : <Before test={data} devices={devices} />}
        </div>
      )}
    </div>
  );
}

/** When what had the focus has gone with the phase before, the focus goes to the phase that has come. */
function useFollowed(running: boolean | undefined) {
  const body = useRef<HTMLDivElement>(null);
  const before = useRef(running);
  useEffect(() => {
    const changed = before.current !== undefined && before.current !== running;
    before.current = running;
    if (changed && document.activeElement === document.body) body.current?.querySelector<HTMLElement>("[data-phase]")?.focus();
  }, [running]);
  return body;
}
