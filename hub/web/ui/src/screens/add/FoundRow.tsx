import { useRef } from "react";
import type { DeviceInfo, FoundDevice } from "../../api/types.gen.ts";
import { Icon } from "../../ui/Icon.tsx";
import { ROLES } from "../../ui/roles.ts";
import { found as t } from "../../words/found.ts";
import { adoptedAs, isHybrid, keyOf, maker, rolesOf, type Role } from "./found.ts";
import { InHouse } from "./InHouse.tsx";
import { Offer } from "./Offer.tsx";
import { advice, titleOf, whereOf } from "./say.ts";
import { TakingState } from "./TakingState.tsx";
import { useDraft } from "./useDraft.ts";
import { useTakings } from "./useTaking.ts";

interface Props {
  f: FoundDevice;
  house: readonly DeviceInfo[];
  onShow: (id: string) => void;
}

/** A found device: what it is and where, and one click to take it in. */
export function FoundRow({ f, house, onShow }: Props) {
  const key = keyOf(f);
  const here = adoptedAs(f, house, useTakings().get(key)?.done);
  const drafting = useDraft(key, f, house, here);
  const { taking, busy } = drafting;
  const head = useRef<HTMLHeadingElement>(null);
  const hybrid = isHybrid(f);
  const role = (hybrid ? undefined : drafting.draft.chosen[0]) ?? rolesOf(f)[0];
  const look = ROLES[role ?? "house"];
  return (
    <li className="found-device" data-found={f.link} data-phase={taking?.phase ?? (here.length ? "known" : "new")}>
      <header>
        <span className="badge" data-role={look.colour}>
          <Icon name={role ? look.icon : "unexplained"} />
        </span>
        <div>
          <h3 ref={head} tabIndex={-1}>
            {titleOf(f)}
          </h3>
          <p className="small quiet">{whereOf(f)}</p>
          <About f={f} as={hybrid || here.length ? undefined : role} />
        </div>
      </header>
      <div role="status">{busy && taking && <TakingState taking={taking} />}</div>
      {!busy && here.length > 0 && <InHouse devices={here} fresh={taking !== undefined} onShow={onShow} />}
      {!busy && <Offer f={f} house={house} here={here} drafting={drafting} onTake={() => head.current?.focus()} />}
    </li>
  );
}

/** What it would be in the house, and what is not sure of it. */
function About({ f, as }: { f: FoundDevice; as: Role | undefined }) {
  if (!f.certain) return <p className="small unsure">{f.how ? t.unsureHow(f.how) : t.unsure}</p>;
  return (
    <>
      {as && maker(f) && <p className="small">{t.as(t.roles[as])}</p>}
      {advice(f) && <p className="small unsure">{advice(f)}</p>}
    </>
  );
}
