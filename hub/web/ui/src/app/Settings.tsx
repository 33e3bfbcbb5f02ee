import { remove } from "../api/client.ts";
import { setSession, useSession, useSite } from "../api/queries.ts";
import { Dialog } from "../ui/Dialog.tsx";
import { Segment } from "../ui/Segment.tsx";
import { words } from "../words/index.ts";
import { setTheme, useTheme, type Theme } from "./theme.ts";

const t = words.settings;
const THEMES: Theme[] = ["auto", "light", "dark"];

export function Settings({ onClose }: { onClose: () => void }) {
  const session = useSession().data;
  const site = useSite().data;
  const theme = useTheme();

  async function signOut(): Promise<void> {
    await remove("/session").catch(() => undefined);
    setSession(null);
  }

  return (
    <Dialog title={t.title} onClose={onClose}>
      <section className="stack">
        <h3>{t.theme}</h3>
        <Segment label={t.theme} value={theme} onChange={setTheme} options={THEMES.map((value) => ({ value, text: t.themes[value] }))} />
      </section>
      <section className="stack">
        {session && <p>{t.account(session.user, session.role)}</p>}
        <button type="button" className="plain" onClick={() => void signOut()}>
          {t.signOut}
        </button>
        {site && <p className="quiet small">{t.version(site.version)}</p>}
      </section>
    </Dialog>
  );
}
