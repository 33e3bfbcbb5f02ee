import { useMemo } from "react";
import { useDevices, useJournal } from "../api/queries.ts";
import type { CommandInfo, DeviceInfo, PointInfo } from "../api/types.gen.ts";
import { quantityOf, subject } from "../control/kind.ts";
import { Dialog } from "../ui/Dialog.tsx";
import { words } from "../words/index.ts";
import { ChapterView } from "./ChapterView.tsx";
import { chapter, inForce } from "./story.ts";

const ROWS = 30;
const DRIVEN_BY_MODE = ["current_limit", "power_setpoint"];

/** Everything that was asked of a point, decided for it and answered by its device, newest first. */
export function Why({ device, command, onClose }: { device: DeviceInfo; command: CommandInfo; onClose: () => void }) {
  const points = usePointInfos();
  const journal = useJournal(related(device, command.point));
  const rows = journal.data ?? [];
  const holding = inForce(rows);
  const earlier = rows.filter((row) => row !== holding).slice(0, ROWS);
  return (
    <Dialog title={words.why.title(subject(device, command))} onClose={onClose}>
      {holding && (
        <section className="holding">
          <h3 className="quiet small">{words.why.now}</h3>
          <ChapterView chapter={chapter(holding, points)} large />
        </section>
      )}
      <section>
        <h3 className="quiet small">{earlier.length > 0 && words.why.history}</h3>
        <ol className="chapters">
          {earlier.map((row) => (
            <li key={row.id}>
              <ChapterView chapter={chapter(row, points)} />
            </li>
          ))}
        </ol>
        {rows.length === 0 && <p className="quiet">{journal.isPending ? words.why.loading : words.why.none}</p>}
      </section>
    </Dialog>
  );
}

/** A mode acts through the device's set-point: what happened to either belongs to the same story, as does its link. */
function related(device: DeviceInfo, point: string): string[] {
  const driven = device.commands.map((c) => c.point).filter((p) => DRIVEN_BY_MODE.includes(quantityOf(p)));
  const mode = device.commands.map((c) => c.point).filter((p) => quantityOf(p) === "mode");
  const paired = quantityOf(point) === "mode" ? driven : driven.includes(point) ? mode : [];
  return [point, ...paired, device.id];
}

function usePointInfos(): ReadonlyMap<string, PointInfo> {
  const devices = useDevices().data;
  return useMemo(() => new Map(devices?.flatMap((d) => d.points.map((p) => [p.id, p]))), [devices]);
}
