import { useEffect, useRef } from "react";
import { useSession } from "../api/queries.ts";
import type { CommandInfo, DeviceInfo, Value } from "../api/types.gen.ts";
import { words } from "../words/index.ts";
import { wishText } from "../words/wish.ts";
import { valueText } from "./kind.ts";
import { useTakeBack, type Taken } from "./useTakeBack.ts";
import type { Wish } from "./wish.ts";

interface Props {
  device: DeviceInfo;
  wishes: readonly Wish[];
}

/** Each wish in force with what became of it, and the way to take it back. */
export function Wishes({ device, wishes }: Props) {
  const { taken, end, undo } = useTakeBack();
  const box = useFocusKept(taken);
  const me = useSession().data?.user ?? "";
  const gone = taken && !taken.failed ? taken.wish : undefined;
  const held = wishes.filter((w) => w.request !== gone?.request);
  const newer = held.some((w) => w.point === gone?.point);
  const told = (w: Wish) => (taken?.failed && taken.wish.request === w.request ? words.wish.notTaken : wishText(w, say(device, w.point), me));
  // One list, so that the button which was pressed stays the same one and keeps the focus.
  const lines: LineProps[] = [
    ...held.map((wish) => ({ wish, text: told(wish), action: words.wish.takeBack, press: () => end(wish) })),
    ...(gone && !newer ? [{ wish: gone, text: words.wish.taken, action: words.control.undo, press: undo }] : []),
  ];
  return (
    <ul ref={box} className="wishes small">
      {lines.map((line) => (
        <Line key={line.wish.point + line.wish.source} {...line} />
      ))}
    </ul>
  );
}

interface LineProps {
  wish: Wish;
  text: string;
  action: string;
  press: () => void;
}

const Line = ({ wish, text, action, press }: LineProps) => (
  <li className="wish" data-wish={wish.point} data-met={wish.by === null}>
    <p>{text}</p>
    {wish.source === "person" && (
      <button type="button" className="undo" onClick={press}>
        {action}
      </button>
    )}
  </li>
);

/** How values of one of the device's points are said in a sentence. */
function say(device: DeviceInfo, point: string): (v: Value) => string {
  const command: CommandInfo | undefined = device.commands.find((c) => c.point === point);
  return (v) => valueText(point, command?.unit ?? "", v, { role: device.role, said: true });
}

/** When the button that has the focus goes, its row's "Why?" has it next: a keyboard must not fall off the page. */
function useFocusKept(taken: Taken | null) {
  const box = useRef<HTMLUListElement>(null);
  const inside = useRef(false);
  if (box.current?.contains(document.activeElement)) inside.current = true;
  useEffect(() => {
    if (!taken && inside.current && document.activeElement === document.body) {
      const around = box.current?.closest(".control, dialog");
      around?.querySelector<HTMLElement>(around.matches("dialog") ? ".round" : ".why")?.focus();
    }
    inside.current = false;
  }, [taken]);
  return box;
}
