import { Dialog } from "../../ui/Dialog.tsx";
import { Later } from "../../ui/Later.tsx";
import { deviceName } from "../../words/format.ts";
import { words } from "../../words/index.ts";

const t = words.devices;

/** What is open over the list: taking a device in, taking one out, or what one's wire says. */
export type Tool = { name: "add" } | { name: "raw" | "out"; device: string };

const loadAdd = () => import("../add/AddDevice.tsx").then((m) => m.AddDevice);
const loadRaw = () => import("./RawValues.tsx").then((m) => m.RawValues);
const loadOut = () => import("./TakeOut.tsx").then((m) => m.TakeOut);

interface Props {
  tool: Tool;
  onClose: () => void;
  onShow: (device: string) => void;
  onGone: (device: string) => void;
}

export function ToolDialog({ tool, onClose, onShow, onGone }: Props) {
  const title = tool.name === "add" ? t.add : t.ofDevice(tool.name === "raw" ? t.raw : t.takeOut, deviceName(tool.device));
  return (
    <Dialog title={title} onClose={onClose}>
      {tool.name === "add" && <Later load={loadAdd} props={{ onShow }} />}
      {tool.name === "raw" && <Later load={loadRaw} props={{ device: tool.device }} />}
      {tool.name === "out" && <Later load={loadOut} props={{ device: tool.device, onClose, onGone: () => onGone(tool.device) }} />}
    </Dialog>
  );
}
