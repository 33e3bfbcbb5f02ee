import { words } from "../words/index.ts";

export function Waiting({ unreachable }: { unreachable: boolean }) {
  return (
    <main className="door" aria-busy="true">
      <img src="/icon.svg" alt="" width="56" height="56" />
      <h1>{words.app}</h1>
      <p className="quiet" role="status">
        {unreachable ? words.signIn.unreachable : words.link.connectingLong}
      </p>
    </main>
  );
}
