import { Dialog } from "../../ui/Dialog.tsx";
import { Later } from "../../ui/Later.tsx";
import { deviceName } from "../../words/format.ts";
import { words } from "../../words/index.ts";

const t = words.devices;

/** What is open over the list: taking a device in, taking one out, restarting one, or what one's wire says. */
export type Tool = { name: "add" } | { name: "raw" | "out" | "restart"; device: string };

const TITLES = { raw: t.raw, out: t.takeOut, restart: t.restart };

const loadAdd = () => import("../add/AddDevice.tsx").then((m) => m.AddDevice);
const loadRaw = () => import("./RawValues.tsx").then((m) => m.RawValues);
const loadRestart = () => import("./Restart.tsx").then((m) => m.Restart);
const loadOut = () => import("./TakeOut.tsx").then((m) => m.TakeOut);

interface Props {
  tool: Tool;
  onClose: () => void;
  onShow: (device: string) => void;
  onGone: (device: string) => void;
}

export function ToolDialog({ tool, onClose, onShow, onGone }: Props) {
  const title = tool.name === "add" ? t.add : t.ofDevice(TITLES[tool.name], deviceName(tool.device));
  return (
    <Dialog title={title} onClose={onClose}>
      {tool.name === "add" && <Later load={loadAdd} props={{ onShow }} />}
      {tool.name === "raw" && <Later load={loadRaw} props={{ device: tool.device }} />}
      {tool.name === "restart" && <Later load={loadRestart} props={{ device: tool.device, onClose }} />}
      {tool.name === "out" && <Later load={loadOut} props={{ device: tool.device, onClose, onGone: () => onGone(tool.device) }} />}
    </Dialog>
  );
}
