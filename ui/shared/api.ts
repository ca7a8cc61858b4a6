import type { Http, Query } from "./http";
import { queryText } from "./http";
import type {
  BinCell, Count, CountSummary, Decision, DecisionPreview, Delivery, DeliveryDetail, DriftRow, Line, LineDetail, LineFilter, Link,
  Page, Person, QuarantineRow, Refused, Session, Sheet, TimelineEntry, Today,
} from "./model";

type Id = string | number;
const seg = (part: Id): string => encodeURIComponent(String(part));

export interface Paging {
  offset?: number;
  limit?: number;
}

/** Every call the console makes, typed by hand from the server's API. */
export function createApi(http: Http) {
  const get = <T>(path: string, query?: object, signal?: AbortSignal): Promise<T> => http.get<T>(path, query as Query, signal);
  return {
    session: () => get<Session>("/session"),
    signIn: (username: string, password: string) => http.post<Session>("/session", { username, password }),
    signOut: () => http.delete<unknown>("/session"),
    setLanguage: (language: string) => http.patch<Session>("/session", { language }),

    today: () => get<Today>("/today"),

    counts: (query: Paging & { state?: string; q?: string }) => get<Page<CountSummary>>("/counts", query),
    count: (number: string) => get<Count>(`/counts/${seg(number)}`),
    bins: (number: string) => get<{ rows: BinCell[] }>(`/counts/${seg(number)}/bins`),
    lines: (number: string, query: Paging & LineFilter & { sort?: string }, signal?: AbortSignal) =>
      get<Page<Line>>(`/counts/${seg(number)}/lines`, query, signal),
    line: (id: Id) => get<LineDetail>(`/lines/${seg(id)}`),
    timeline: (number: string, query: { before?: Id; limit?: number }) =>
      get<{ rows: TimelineEntry[] }>(`/counts/${seg(number)}/timeline`, query),
    sheets: (number: string) => get<{ rows: Sheet[] }>(`/counts/${seg(number)}/sheets`),
    people: (number: string) => get<{ rows: Person[] }>(`/counts/${seg(number)}/people`),
    assign: (sheet: Id, assignee: string) => http.post<unknown>(`/sheets/${seg(sheet)}/assign`, { assignee }),
    finish: (number: string, reason: string) => http.post<unknown>(`/counts/${seg(number)}/finish`, { reason }),
    cancel: (number: string, reason: string) => http.post<unknown>(`/counts/${seg(number)}/cancel`, { reason }),
    verify: (number: string) => http.post<unknown>(`/counts/${seg(number)}/verify`),

    approvals: (query: Paging & { count?: string; sort?: string }) =>
      get<Page<Line> & { gain: string | null; loss: string | null; net: string | null }>("/approvals", query),
    recounts: (query: Paging & { count?: string }) => get<Page<Line>>("/recounts", query),
    previewDecision: (lines: number[], decision: Decision) =>
      http.post<DecisionPreview>("/decisions/preview", { lines, decision }),
    decide: (lines: number[], decision: Decision, reason: string) =>
      http.post<{ changed: number; refused: Refused[] }>("/decisions", { lines, decision, reason }),

    deliveries: (query: Paging & { count?: string; state?: string; flow?: string; q?: string }) =>
      get<Page<Delivery>>("/deliveries", query),
    delivery: (id: Id) => get<DeliveryDetail>(`/deliveries/${seg(id)}`),
    resend: (id: Id, reason: string) => http.post<unknown>(`/deliveries/${seg(id)}/resend`, { reason }),

    quarantine: (query: Paging & { flow?: string }) => get<Page<QuarantineRow>>("/quarantine", query),
    resendQuarantined: (ids: Id[]) => http.post<unknown>("/quarantine/resend", { ids }),
    discard: (id: Id, reason: string) => http.post<unknown>(`/quarantine/${seg(id)}/discard`, { reason }),

    driftLinks: () => get<{ rows: { code: string; name: string; open: number }[] }>("/drift"),
    drift: (link: string, query: Paging & { state?: string }) =>
      get<Page<DriftRow> & { policy: string; may_repair: boolean }>(`/links/${seg(link)}/drift`, query),
    repairDrift: (link: string, ids: Id[], reason: string) =>
      http.post<{ repairing: number }>(`/links/${seg(link)}/drift/repair`, { ids, reason }),
    dismissDrift: (link: string, ids: Id[], reason: string) =>
      http.post<{ dismissed: number }>(`/links/${seg(link)}/drift/dismiss`, { ids, reason }),

    links: () => get<{ rows: Link[] }>("/links"),
  };
}

export type Api = ReturnType<typeof createApi>;

/** Addresses the browser opens itself: downloads and the event stream. */
export const addresses = {
  linesCsv: (number: string, filter: LineFilter & { sort?: string }): string =>
    `/api/counts/${seg(number)}/lines.csv${queryText(filter as Query)}`,
  driftCsv: (link: string, state: string): string => `/api/links/${seg(link)}/drift.csv${queryText({ state })}`,
  countsCsv: "/api/counts.csv",
  events: (count?: string): string => `/api/events${queryText({ count })}`,
};
