import { useSite } from "../../api/queries.ts";
import type { CommandInfo, DeviceInfo, PointInfo } from "../../api/types.gen.ts";
import { ControlRow } from "../../control/ControlRow.tsx";
import { isMomentary, quantityOf, valueText } from "../../control/kind.ts";
import { Figure } from "../../ui/Figure.tsx";
import { Icon } from "../../ui/Icon.tsx";
import { OWN, ROLES } from "../../ui/roles.ts";
import { deviceName, withUnit } from "../../words/format.ts";
import { words } from "../../words/index.ts";
import { isDetail, quantityName, rank } from "../../words/quantities.ts";
import { Facts } from "./Facts.tsx";
import { LinkState } from "./LinkState.tsx";
import type { Tool } from "./ToolDialog.tsx";

const FEW = 4;
const t = words.devices;

interface Props {
  device: DeviceInfo;
  /** Nothing to open for guests. */
  onOpen: ((tool: Tool) => void) | undefined;
}

export function DeviceCard({ device, onOpen }: Props) {
  const look = ROLES[device.role];
  const figures = mainPoints(device);
  const points = device.points.filter((p) => !isMomentary(p.id));
  return (
    <article className="device card" aria-labelledby={`device-${device.id}`} data-device={device.id} data-link={device.link.state}>
      <header>
        <span className="badge" data-role={look.colour}>
          <Icon name={look.icon} />
        </span>
        <div>
          <h3 id={`device-${device.id}`} tabIndex={-1}>
            {deviceName(device.id)}
          </h3>
          <LinkState link={device.link} />
        </div>
      </header>
      {figures.length > 0 && <Readings role={device.role} points={figures} className="few" />}
      {modeFirst(device).map((command) => (
        <ControlRow key={command.point} device={device} command={command} title={quantityName(quantityOf(command.point))} />
      ))}
      <details>
        <summary>{t.readings(points.length)}</summary>
        <Readings role={device.role} points={points} />
        <Facts device={device} />
        {onOpen && <Tools device={device} onOpen={onOpen} />}
      </details>
    </article>
  );
}

function Tools({ device, onOpen }: { device: DeviceInfo; onOpen: (tool: Tool) => void }) {
  if (OWN.includes(device.role)) return null;
  const name = deviceName(device.id);
  return (
    <div className="tools">
      <button type="button" className="textual" aria-label={t.ofDevice(t.raw, name)} onClick={() => onOpen({ name: "raw", device: device.id })}>
        {t.raw}
      </button>
      {device.commands.some((c) => isMomentary(c.point)) && (
        <button type="button" className="textual" aria-label={t.ofDevice(t.restart, name)} onClick={() => onOpen({ name: "restart", device: device.id })}>
          {t.restart}
        </button>
      )}
      <button type="button" className="textual" aria-label={t.ofDevice(t.takeOut, name)} onClick={() => onOpen({ name: "out", device: device.id })}>
        {t.takeOut}
      </button>
    </div>
  );
}

interface ReadingsProps {
  role: DeviceInfo["role"];
  points: readonly PointInfo[];
  className?: string;
}

function Readings({ role, points, className = "" }: ReadingsProps) {
  const currency = useSite().data?.currency ?? "EUR";
  const text = (p: PointInfo) => (v: string | number | boolean) =>
    p.unit === "1e-5/kWh" ? withUnit(v, p.unit, currency) : valueText(p.id, p.unit, v, { role });
  return (
    <dl className={`readings ${className}`}>
      {points.map((p) => (
        <div key={p.id}>
          <dt>{quantityName(p.quantity)}</dt>
          <dd>
            <Figure point={p.id} format={text(p)} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** What people choose stands before the set-points through which it acts; what is done once is no setting. */
const modeFirst = ({ commands }: DeviceInfo): CommandInfo[] =>
  commands.filter((c) => !isMomentary(c.point)).sort((a, b) => Number(quantityOf(b.point) === "mode") - Number(quantityOf(a.point) === "mode"));

/** The few figures people look for: no details, and nothing that a control shows anyway. */
function mainPoints(device: DeviceInfo): PointInfo[] {
  const controlled = new Set(device.commands.map((c) => c.point));
  const plain = device.points.filter((p) => !isDetail(p.quantity) && !controlled.has(p.id));
  return plain.sort((a, b) => rank(a.quantity) - rank(b.quantity)).slice(0, FEW);
}
