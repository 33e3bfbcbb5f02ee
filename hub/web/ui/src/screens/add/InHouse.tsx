import type { DeviceInfo } from "../../api/types.gen.ts";
import { LinkState } from "../devices/LinkState.tsx";
import { Icon } from "../../ui/Icon.tsx";
import { ORDER } from "../../ui/roles.ts";
import { deviceName } from "../../words/format.ts";
import { found as t } from "../../words/found.ts";

interface Props {
  devices: readonly DeviceInfo[];
  /** It has just been taken in: whether it answers is what one waits for. */
  fresh: boolean;
  onShow: (id: string) => void;
}

export function InHouse({ devices, fresh, onShow }: Props) {
  const all = [...devices].sort((a, b) => ORDER.indexOf(a.role) - ORDER.indexOf(b.role));
  const names = all.map((d) => deviceName(d.id));
  const [first] = all;
  return (
    <div className="in-house" data-fresh={fresh} role="status">
      <Icon name="check" />
      <div>
        <p>{fresh ? t.taken(names) : t.inHouse(names)}</p>
        {fresh && first && <LinkState link={first.link} />}
      </div>
      {first && (
        <button type="button" className="textual" onClick={() => onShow(first.id)}>
          {t.show}
        </button>
      )}
    </div>
  );
}
