import { panned, zoomed } from "../../model/view.ts";
import { Icon } from "../../ui/Icon.tsx";
import { words } from "../../words/index.ts";
import { spanName } from "../../words/period.ts";
import type { Zoom } from "./useZoom.ts";

const t = words.energy.zoom;
const STEP = 0.5;
const PAN = 0.5;

/** What a finger or a mouse does on the chart, as buttons; and how finely the past is shown. */
export function ZoomTools({ zoom, stepMs }: { zoom: Zoom; stepMs: number | undefined }) {
  const by = (factor: number) => {
    const { from, to } = zoom.now();
    zoom.show(zoomed({ from, to }, factor, (from + to) / 2, zoom.whole));
  };
  const pan = (part: number) => {
    const { from, to } = zoom.now();
    zoom.show(panned({ from, to }, part * (to - from), zoom.whole));
  };
  const atStart = zoom.view.from <= zoom.whole.from;
  const atEnd = zoom.view.to >= zoom.whole.to;
  return (
    <div className="zoom" role="group" aria-label={t.tools}>
      <button type="button" className="round" aria-label={t.earlier} aria-disabled={atStart} onClick={() => pan(-PAN)}>
        <Icon name="previous" />
      </button>
      <button type="button" className="round" aria-label={t.out} aria-disabled={atStart && atEnd} onClick={() => by(1 / STEP)}>
        <Icon name="less" />
      </button>
      <button type="button" className="round" aria-label={t.in} onClick={() => by(STEP)}>
        <Icon name="more" />
      </button>
      <button type="button" className="round" aria-label={t.later} aria-disabled={atEnd} onClick={() => pan(PAN)}>
        <Icon name="next" />
      </button>
      <button type="button" className="pill" disabled={!zoom.zoomed} onClick={zoom.reset}>
        {t.reset}
      </button>
      <p className="quiet small" data-step={stepMs} aria-live="polite">
        {stepMs !== undefined && (stepMs <= 1000 ? t.raw : t.averages(spanName(stepMs)))}
      </p>
    </div>
  );
}
