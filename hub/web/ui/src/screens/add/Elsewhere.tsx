import { useState, type FormEvent } from "react";
import { found as t } from "../../words/found.ts";
import { TextField } from "./Fields.tsx";
import type { Search } from "./useSearch.ts";

/** The same search in another place. */
export function Elsewhere({ search }: { search: Search }) {
  const [text, setText] = useState("");
  const [tried, setTried] = useState(false);
  const addresses = text.split(/[\s,;]+/).filter(Boolean);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (addresses.length) search.look(addresses);
  };
  return (
    <details className="elsewhere">
      <summary>{t.elsewhere}</summary>
      <form onSubmit={submit} noValidate>
        <p className="small quiet">{t.elsewhereLead}</p>
        <TextField
          title={t.addresses}
          hint={search.queued ? t.lookNext : t.addressesHint}
          value={text}
          wrong={tried && !addresses.length ? t.missing : search.failed || undefined}
          onChange={setText}
        />
        <button type="submit" className="plain">
          {t.look}
        </button>
      </form>
    </details>
  );
}
