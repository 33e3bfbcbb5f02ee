import { useMemo } from "react";
import { useDevices } from "../../api/queries.ts";
import { layoutOf, pointsOf } from "../../model/layout.ts";
import { usePoints } from "../../live/hooks.ts";
import { Attention } from "./Attention.tsx";
import { Calm } from "./Calm.tsx";
import { Eyebrow } from "./Eyebrow.tsx";
import { Flow } from "./Flow.tsx";
import { QuickControls } from "./QuickControls.tsx";
import { Strip } from "./Strip.tsx";

/** What is happening, is it good, what can I switch? */
export function Now() {
  const devices = useDevices().data;
  const layout = useMemo(() => layoutOf(devices ?? []), [devices]);
  const points = useMemo(() => pointsOf(layout), [layout]);
  const read = usePoints(points);
  const known = devices !== undefined && points.some((p) => read(p));
  return (
    <div className="now">
      <div className="picture">
        <Calm layout={layout} read={read} known={known}>
          <Eyebrow devices={devices ?? []} />
        </Calm>
        <Flow devices={devices ?? []} layout={layout} read={read} known={known} />
        <Strip layout={layout} />
      </div>
      <div className="beside">
        <QuickControls devices={devices ?? []} />
        <Attention devices={devices ?? []} />
      </div>
    </div>
  );
}
