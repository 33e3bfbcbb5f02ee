import type { Problem } from "./types.gen.ts";

const BASE = "/api/v1";

/** What the hub answered when it did not do what was asked; status 0 = it did not answer at all. */
export class ApiError extends Error {
  readonly status: number;
  readonly retryAfterS: number;
  /** The part of the document that is wrong, where the hub named one. */
  readonly field: string;

  constructor(status: number, detail: string, retryAfterS = 0, field = "") {
    super(detail);
    this.field = field;
    this.status = status;
    this.retryAfterS = retryAfterS;
  }
}

export const get = <T>(path: string, signal?: AbortSignal): Promise<T> => call<T>("GET", path, undefined, signal);

export const post = <T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> =>
  call<T>("POST", path, body, signal);

export const put = <T>(path: string, body: unknown): Promise<T> => call<T>("PUT", path, body);

export const remove = (path: string): Promise<void> => call<void>("DELETE", path);

async function call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const response = await send(method, path, body, signal);
  if (!response.ok) throw await refusal(response);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

async function send(method: string, path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  const init: RequestInit = { method, credentials: "same-origin" };
  if (body !== undefined) {
    init.headers = { "Content-Type": "application/json" };
    init.body = JSON.stringify(body);
  }
  if (signal) init.signal = signal;
  try {
    return await fetch(BASE + path, init);
  } catch {
    throw new ApiError(0, "");
  }
}

async function refusal(response: Response): Promise<ApiError> {
  const wait = Number(response.headers.get("Retry-After") ?? 0);
  try {
    const problem = (await response.json()) as Problem;
    return new ApiError(response.status, problem.detail, wait, problem.field);
  } catch {
    return new ApiError(response.status, response.statusText, wait);
  }
}

export function socketUrl(): string {
  return `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}${BASE}/live`;
}
