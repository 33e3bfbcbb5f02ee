import { lazy, Suspense, useState, type ComponentType } from "react";
import { words } from "../words/index.ts";
import { Boundary } from "./Boundary.tsx";

interface Props<P extends object> {
  load: () => Promise<ComponentType<P>>;
  props: P;
}

/** A part of the page that is fetched when it is first shown. Where that fails, the next time tries again. */
export function Later<P extends object>({ load, props }: Props<P>) {
  const [Part] = useState(() => lazy(async () => ({ default: await load() })));
  return (
    <Boundary fallback={<p className="quiet">{words.devices.notLoaded}</p>}>
      <Suspense fallback={<p className="reading" data-busy="true" />}>
        <Part {...props} />
      </Suspense>
    </Boundary>
  );
}
