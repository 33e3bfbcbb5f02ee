import { words } from "../../words/index.ts";

/** How a chart tells its figures: the style sheet shows the one that fits the pointer. */
export const Hint = () => (
  <>
    <span className="by-mouse">{words.energy.point}</span>
    <span className="by-touch">{words.energy.tap}</span>
  </>
);
