import { useState } from "react";
import type { DeviceInfo, Value } from "../../../api/types.gen.ts";
import { newId, send } from "../../../control/send.ts";
import { commandOf, targetsOf } from "../../../model/layout.ts";
import { blocksOf, type Ahead, type Block } from "../../../model/ahead.ts";
import { ahead as t, stretch } from "../../../words/ahead.ts";
import { deviceName, energy } from "../../../words/format.ts";
import { moment } from "../../../words/moment.ts";
import { refusal } from "./refusal.ts";
import { Wanted } from "./Wanted.tsx";

interface Props {
  plan: Ahead;
  device: string;
  info: DeviceInfo | undefined;
  now: number;
  currency: string;
}

/** What a device that can wait is going to do, and how to have it otherwise. */
export function Lane({ plan, device, info, now, currency }: Props) {
  const [said, setSaid] = useState("");
  const blocks = blocksOf(plan.steps, device, plan.stepMs).filter((b) => b.to > now);
  const next = blocks[0];
  const left = info && plan.by.includes(device) ? info : undefined;
  const wish = next && left && wishes(left, next, now);

  async function ask({ point }: Wish, value: Value, until: number): Promise<void> {
    const command = info?.commands.find((c) => c.point === point);
    setSaid(refusal(await send(newId(), point, value, until - now), command) || t.done(moment(until)));
  }

  return (
    <section className="ahead-lane">
      <h3>{deviceName(device)}</h3>
      <p>{next ? blocks.slice(0, 3).map((b) => t.block(stretch(Math.max(b.from, now), b.to), energy(b.wh))).join("; ") : t.nothing}</p>
      {left && (
        <div className="tools">
          {wish && (
            <>
              <button type="button" className="plain" onClick={() => void ask(wish, wish.start, wish.ends)} aria-label={t.doNowNamed(deviceName(device))}>
                {t.doNow}
              </button>
              <button type="button" className="plain" onClick={() => void ask(wish, wish.stop, next.to)} aria-label={t.skipNamed(deviceName(device))}>
                {t.skip}
              </button>
            </>
          )}
          {targetsOf(left).length > 0 && (
            <Wanted info={left} plannedWh={blocks.reduce((sum, b) => sum + b.wh, 0)} now={now} currency={currency} onSaid={setSaid} />
          )}
        </div>
      )}
      <p role="status" className="quiet small">
        {said}
      </p>
    </section>
  );
}

interface Wish {
  point: string;
  start: Value;
  stop: Value;
  /** Until when "now" holds: as long as the plan would have run. */
  ends: number;
}

const MODES: Partial<Record<DeviceInfo["role"], readonly [start: string, stop: string]>> = {
  charger: ["fast", "off"],
  heatpump: ["boost", "normal"],
};

function wishes(info: DeviceInfo, next: Block, now: number): Wish | undefined {
  const ends = now + (next.to - Math.max(next.from, now));
  const modes = MODES[info.role];
  const mode = commandOf(info, "mode");
  if (modes && mode) return { point: mode, start: modes[0], stop: modes[1], ends };
  const on = commandOf(info, "on");
  return on ? { point: on, start: true, stop: false, ends } : undefined;
}
