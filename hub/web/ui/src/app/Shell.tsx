import { Link, Outlet } from "@tanstack/react-router";
import { useState } from "react";
import { useSite } from "../api/queries.ts";
import { useLink, useOld } from "../live/hooks.ts";
import { useDecisionWatch } from "../live/useDecisionWatch.ts";
import { Icon } from "../ui/Icon.tsx";
import type { IconName } from "../ui/icons.ts";
import { words } from "../words/index.ts";
import { ConnectionBar } from "./ConnectionBar.tsx";
import { Settings } from "./Settings.tsx";

const TABS: ReadonlyArray<{ to: "/" | "/energy" | "/plans" | "/devices"; icon: IconName; text: string }> = [
  { to: "/", icon: "now", text: words.nav.now },
  { to: "/energy", icon: "energy", text: words.nav.energy },
  { to: "/plans", icon: "plans", text: words.nav.plans },
  { to: "/devices", icon: "devices", text: words.nav.devices },
];

export function Shell() {
  const old = useOld();
  useDecisionWatch();
  return (
    <div className="shell" data-old={old}>
      <Top />
      <main>
        <Outlet />
      </main>
      <ConnectionBar />
      <nav className="nav" aria-label={words.nav.label}>
        <span className="brand">
          <img src="/icon.svg" alt="" />
          {words.app}
        </span>
        {TABS.map((tab) => (
          <Link key={tab.to} to={tab.to} activeOptions={{ exact: tab.to === "/", includeSearch: false }}>
            <Icon name={tab.icon} />
            {tab.text}
          </Link>
        ))}
      </nav>
    </div>
  );
}

function Top() {
  const site = useSite();
  const { phase } = useLink();
  const [settings, setSettings] = useState(false);
  return (
    <header className="top">
      <span className="home-name">{site.data?.name ?? words.app}</span>
      <span className="end">
        <span className="lamp" data-phase={phase}>
          {words.link[phase]}
        </span>
        <button type="button" className="round" aria-label={words.settings.open} onClick={() => setSettings(true)}>
          <Icon name="settings" />
        </button>
      </span>
      {settings && <Settings onClose={() => setSettings(false)} />}
    </header>
  );
}
