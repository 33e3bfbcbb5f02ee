import { lazy, Suspense, useState } from "react";
import { Boundary } from "../../ui/Boundary.tsx";
import { words } from "../../words/index.ts";

const load = () => import("./Plans.tsx").then((m) => ({ default: m.Plans }));

/** The plans screen, fetched when it is first opened. Where that fails, the next visit tries again. */
export function PlansLater() {
  const [Plans] = useState(() => lazy(load));
  return (
    <Boundary fallback={<p className="quiet">{words.link.connectingLong}</p>}>
      <Suspense>
        <Plans />
      </Suspense>
    </Boundary>
  );
}
