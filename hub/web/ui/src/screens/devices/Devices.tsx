import { Link } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { useDecisionsAwaited } from "../../api/decisions.ts";
import { useDevices, useSession } from "../../api/queries.ts";
import type { DeviceInfo } from "../../api/types.gen.ts";
import { Icon } from "../../ui/Icon.tsx";
import { ORDER } from "../../ui/roles.ts";
import { deviceName } from "../../words/format.ts";
import { words } from "../../words/index.ts";
import { DeviceCard } from "./DeviceCard.tsx";
import { ToolDialog, type Tool } from "./ToolDialog.tsx";

const t = words.devices;

/** What is in the house, how it is, and what can be asked of it. */
export function Devices() {
  const listed = useDevices().data;
  const devices = useDecisionsAwaited() ? undefined : listed;
  const [tool, setTool] = useState<Tool>();
  const [gone, setGone] = useState("");
  const title = useRef<HTMLHeadingElement>(null);
  const mayChange = useMayChange();
  const open = (next: Tool) => {
    setGone("");
    setTool(next);
  };
  return (
    <div className="devices">
      <div className="head">
        <h1 ref={title} tabIndex={-1}>
          {t.title}
        </h1>
        {mayChange && <Buttons onAdd={() => open({ name: "add" })} />}
      </div>
      <p role="status" className="gone">
        {gone && t.gone(deviceName(gone))}
      </p>
      {!devices && <p className="quiet">{t.loading}</p>}
      <div className="columns">
        {ORDER.map((role) => (
          <Group key={role} role={role} devices={devices?.filter((d) => d.role === role) ?? []} onOpen={mayChange ? open : undefined} />
        ))}
      </div>
      {tool && (
        <ToolDialog
          tool={tool}
          onClose={() => setTool(undefined)}
          onShow={(id) => {
            setTool(undefined);
            afterClosing(() => toCard(id));
          }}
          onGone={(id) => {
            setTool(undefined);
            setGone(id);
            afterClosing(() => title.current?.focus());
          }}
        />
      )}
    </div>
  );
}

/** Guests look, and change nothing. */
const useMayChange = (): boolean => {
  const role = useSession().data?.role;
  return role !== undefined && role !== "guest";
};

function Buttons({ onAdd }: { onAdd: () => void }) {
  return (
    <div className="buttons">
      <button type="button" className="primary" onClick={onAdd}>
        <Icon name="more" />
        {t.add}
      </button>
      <Link to="/devices/self-test" className="plain">
        {t.selfTest}
      </Link>
    </div>
  );
}

interface GroupProps {
  role: DeviceInfo["role"];
  devices: DeviceInfo[];
  onOpen: ((tool: Tool) => void) | undefined;
}

function Group({ role, devices, onOpen }: GroupProps) {
  if (!devices.length) return null;
  return (
    <section aria-labelledby={`group-${role}`}>
      <h2 id={`group-${role}`}>{t.groups[role]}</h2>
      {devices.map((d) => (
        <DeviceCard key={d.id} device={d} onOpen={onOpen} />
      ))}
    </section>
  );
}

/** A closing dialog gives the focus back first. */
const afterClosing = (then: () => void): number => window.setTimeout(then, 50);

function toCard(id: string): void {
  const heading = document.getElementById(`device-${id}`);
  heading?.closest("article")?.scrollIntoView({ block: "center" });
  heading?.focus({ preventScroll: true });
}
