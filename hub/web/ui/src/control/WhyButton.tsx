import { useState, type ReactNode } from "react";
import { words } from "../words/index.ts";
import type { Topic } from "./kind.ts";
import { WhyLater } from "./WhyLater.tsx";

interface Props {
  topics: readonly Topic[];
  /** What it is about, for those who do not see where it stands. */
  name: string;
  className: string;
  children?: ReactNode;
}

/** Opens the answer to "Why?". */
export function WhyButton({ topics, name, className, children }: Props) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" className={className} aria-label={words.devices.why(name)} onClick={() => setOpen(true)}>
        {children}
      </button>
      {open && <WhyLater topics={topics} onClose={() => setOpen(false)} />}
    </>
  );
}
