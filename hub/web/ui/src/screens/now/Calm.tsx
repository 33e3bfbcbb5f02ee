import type { ReactNode } from "react";
import type { Layout } from "../../model/layout.ts";
import { sum, type Read } from "../../model/spokes.ts";
import { calmSentence } from "../../words/calm.ts";
import { words } from "../../words/index.ts";

interface Props {
  layout: Layout;
  read: Read;
  known: boolean;
  children: ReactNode;
}

export function Calm({ layout, read, known, children }: Props) {
  const of = (points: string[]) => (points.length ? sum(points, read).value : undefined);
  const figures = {
    grid: of(layout.grid),
    solar: of(layout.solar),
    battery: of(layout.battery),
    consumption: layout.consumption ? of([layout.consumption]) : undefined,
  };
  return (
    <div className="calm">
      {children}
      <h1>{known ? calmSentence(figures) : words.now.loading}</h1>
    </div>
  );
}
