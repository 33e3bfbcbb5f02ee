import { useEffect, useState, type FormEvent } from "react";
import { ApiError, post } from "../api/client.ts";
import { setSession } from "../api/queries.ts";
import type { SessionInfo } from "../api/types.gen.ts";
import { words } from "../words/index.ts";

const t = words.signIn;

export function SignIn() {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiError | null>(null);
  const wait = useCountdown(problem?.status === 429 ? problem : null);

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    setBusy(true);
    try {
      setSession(await post<SessionInfo>("/session", { user: fields.get("user"), password: fields.get("password") }));
    } catch (error) {
      setProblem(error instanceof ApiError ? error : new ApiError(0, ""));
      setBusy(false);
    }
  }

  return (
    <main className="door">
      <img src="/icon.svg" alt="" width="56" height="56" />
      <h1>{t.title}</h1>
      <p className="quiet">{t.lead}</p>
      <form className="card" onSubmit={(e) => void submit(e)}>
        <label>
          <span>{t.user}</span>
          <input name="user" autoComplete="username" autoCapitalize="none" spellCheck={false} required autoFocus />
        </label>
        <label>
          <span>{t.password}</span>
          <input name="password" type="password" autoComplete="current-password" required />
        </label>
        <p className="problem" role="alert">
          {problem && said(problem, wait)}
        </p>
        <button type="submit" className="primary" disabled={busy || wait > 0}>
          {busy ? t.busy : t.submit}
        </button>
      </form>
      <p className="quiet small">{t.lan}</p>
    </main>
  );
}

function said(problem: ApiError, wait: number): string {
  if (problem.status === 401) return t.wrong;
  if (problem.status === 429) return wait > 0 ? t.wait(wait) : "";
  return problem.status === 0 ? t.unreachable : t.failed(problem.message);
}

/** Seconds until the next try is allowed. */
function useCountdown(problem: ApiError | null): number {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    if (!problem) return;
    const until = Date.now() + (problem.retryAfterS || 60) * 1000;
    const count = () => setLeft(Math.max(0, Math.ceil((until - Date.now()) / 1000)));
    count();
    const timer = setInterval(count, 1000);
    return () => clearInterval(timer);
  }, [problem]);
  return left;
}
