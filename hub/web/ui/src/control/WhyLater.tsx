import { lazy, Suspense } from "react";
import { createPortal } from "react-dom";
import { Boundary } from "../ui/Boundary.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { words } from "../words/index.ts";
import { subject, type Topic } from "./kind.ts";

interface Props {
  /** At least one; of several the dialog lets choose. */
  topics: readonly Topic[];
  onClose: () => void;
}

const Why = lazy(() => import("../why/Why.tsx"));

/** The answer to "Why?" comes when it is asked for: the first screen does not need it. It looks the same wherever it is asked. */
export function WhyLater(props: Props) {
  return createPortal(
    <Boundary fallback={<Failed {...props} />}>
      <Suspense>
        <Why {...props} />
      </Suspense>
    </Boundary>,
    document.body,
  );
}

const Failed = ({ topics, onClose }: Props) => (
  <Dialog title={words.why.title(subject(topics[0]!))} onClose={onClose}>
    <p>{words.why.failed}</p>
  </Dialog>
);
