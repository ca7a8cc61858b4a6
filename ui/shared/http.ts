import type { Language } from "./time";

/** What the server says went wrong: `message` is ready to show, `id` finds it in the log. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly id: string | null = null,
    readonly params: Record<string, unknown> = {},
  ) {
    super(message);
    this.name = "ApiError";
  }

  /** No answer at all, or one from something between us and the server. */
  get unreachable(): boolean {
    return this.code === UNREACHABLE;
  }

  get forbidden(): boolean {
    return this.status === 403;
  }
}

export const UNREACHABLE = "ui.unreachable";

export type Query = Record<string, string | number | boolean | null | undefined>;

interface Wiring {
  language: () => Language;
  /** Headers that prove who calls: X-CSRFToken or Authorization. */
  proof: () => Record<string, string>;
  /** Called once for each 401, so that the page can ask to sign in again. */
  onSignedOut?: () => void;
}

export interface Http {
  get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T>;
  post<T>(path: string, body?: unknown, signal?: AbortSignal): Promise<T>;
  patch<T>(path: string, body?: unknown): Promise<T>;
  delete<T>(path: string): Promise<T>;
}

/** "?a=1&b=x" of what is set; nothing for null, undefined and "". */
export function queryText(query: Query = {}): string {
  const set = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return set.length ? `?${new URLSearchParams(set.map(([key, value]) => [key, String(value)]))}` : "";
}

async function errorOf(answer: Response): Promise<ApiError> {
  const body: unknown = await answer.json().catch(() => null);
  if (body && typeof body === "object" && "code" in body && "message" in body) {
    const said = body as { code: string; message: string; id?: string; params?: Record<string, unknown> };
    return new ApiError(answer.status, said.code, said.message, said.id ?? null, said.params);
  }
  return new ApiError(answer.status, UNREACHABLE, `HTTP ${answer.status}`);
}

/** Calls to /api. Every failure is an ApiError; numbers with decimals are text on both sides. */
export function createHttp({ language, proof, onSignedOut }: Wiring): Http {
  async function send<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
    let answer: Response;
    try {
      answer = await fetch(`/api${path}`, {
        method,
        credentials: "same-origin",
        headers: {
          Accept: "application/json",
          "Accept-Language": language(),
          ...(body === undefined ? {} : { "Content-Type": "application/json" }),
          ...proof(),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal ? { signal } : {}),
      });
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") throw error;
      throw new ApiError(0, UNREACHABLE, "");
    }
    if (!answer.ok) {
      if (answer.status === 401) onSignedOut?.();
      throw await errorOf(answer);
    }
    if (answer.status === 204) return undefined as T;
    return (await answer.json()) as T;
  }
  return {
    get: (path, query, signal) => send("GET", path + queryText(query), undefined, signal),
    post: (path, body, signal) => send("POST", path, body ?? {}, signal),
    patch: (path, body) => send("PATCH", path, body ?? {}),
    delete: (path) => send("DELETE", path),
  };
}
