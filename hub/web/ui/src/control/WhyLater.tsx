import { lazy, Suspense } from "react";
import type { CommandInfo, DeviceInfo } from "../api/types.gen.ts";
import { Boundary } from "../ui/Boundary.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { words } from "../words/index.ts";
import { subject } from "./kind.ts";

interface Props {
  device: DeviceInfo;
  command: CommandInfo;
  onClose: () => void;
}

const Why = lazy(() => import("../why/Why.tsx"));

/** The answer to "Why?" comes when it is asked for: the first screen does not need it. */
export function WhyLater(props: Props) {
  return (
    <Boundary fallback={<Failed {...props} />}>
      <Suspense>
        <Why {...props} />
      </Suspense>
    </Boundary>
  );
}

const Failed = ({ device, command, onClose }: Props) => (
  <Dialog title={words.why.title(subject(device, command))} onClose={onClose}>
    <p>{words.why.failed}</p>
  </Dialog>
);
