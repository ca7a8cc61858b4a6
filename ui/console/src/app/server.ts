import { createApi } from "@shared/api";
import { ApiError, createHttp } from "@shared/http";
import { currentLanguage } from "@shared/i18n";
import type { Session } from "@shared/model";
import { QueryClient } from "@tanstack/react-query";

let csrf = "";

export const SESSION = ["session"] as const;

/** Refused and missing things do not come back by asking again. */
function worthAnotherTry(failures: number, error: Error): boolean {
  return failures < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 502);
}

export const queries = new QueryClient({
  defaultOptions: {
    queries: { retry: worthAnotherTry, staleTime: 2_000, refetchOnWindowFocus: true },
    mutations: { retry: false },
  },
});

const http = createHttp({
  language: currentLanguage,
  proof: () => ({ "X-CSRFToken": csrf }),
  onSignedOut: () => void queries.invalidateQueries({ queryKey: SESSION }),
});

export const api = createApi(http);

/** The token that proves our writes belongs to the session: every answer about the session brings the current one. */
export function keepSession(session: Session): Session {
  csrf = session.csrf;
  return session;
}
