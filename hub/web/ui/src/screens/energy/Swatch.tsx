import type { Flow } from "../../model/energy.ts";
import { ROLE_OF, UP } from "./barsModel.ts";

/** A flow's colour, in the upper half for what came in and in the lower half for what went out, as the bars are drawn. */
export const Swatch = ({ flow }: { flow: Flow }) => (
  <i className="swatch" data-role={ROLE_OF[flow]} data-way={UP.includes(flow) ? "up" : "down"} aria-hidden="true" />
);
