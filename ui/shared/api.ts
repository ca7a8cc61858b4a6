import type { Http, Query } from "./http";
import { queryText } from "./http";
import type {
  Balance, BinCell, Breakdown, Count, CountSummary, Decision, DecisionPreview, DeliveryDetail, DeliveryFilter, DeliveryPage, DriftRow, FlowRun, Hook, HookCalls,
  CountMode, DueBins, Freeze, FreezeMode, HookRefusal, Line, LineDetail, LineSerials, LineFilter, Link, LinkPolicy, Page, Person, PlanChoices, PlanPreview, PlanScope, Policy,
  PolicyVersion, PolledFlow, QuarantineFilter, QuarantineGroup, QuarantineRow, ReasonCode, Refused, Results, ReviewDecision, Session, Sheet,
  Signoff, Subscription, SubscriptionAttempt, TimelineEntry, TimingWords, Today,
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
    serials: (id: Id, query: Paging) => get<LineSerials>(`/lines/${seg(id)}/serials`, query),
    results: (number: string, query: Paging & { by: Breakdown }) => get<Results>(`/counts/${seg(number)}/results`, query),
    timeline: (number: string, query: { before?: Id; limit?: number }) =>
      get<{ rows: TimelineEntry[] }>(`/counts/${seg(number)}/timeline`, query),
    sheets: (number: string) => get<{ rows: Sheet[] }>(`/counts/${seg(number)}/sheets`),
    people: (number: string) => get<{ rows: Person[] }>(`/counts/${seg(number)}/people`),
    balance: (number: string) => get<Balance>(`/counts/${seg(number)}/balance`),
    carryOutBalance: (number: string, moves: { sheet: number; after: string }[]) =>
      http.post<Pick<Balance, "moves">>(`/counts/${seg(number)}/balance`, { moves }),
    assign: (sheet: Id, assignee: string) => http.post<unknown>(`/sheets/${seg(sheet)}/assign`, { assignee }),
    finish: (number: string, reason: string) => http.post<unknown>(`/counts/${seg(number)}/finish`, { reason }),
    cancel: (number: string, reason: string) => http.post<unknown>(`/counts/${seg(number)}/cancel`, { reason }),
    verify: (number: string) => http.post<unknown>(`/counts/${seg(number)}/verify`),

    dueBins: (link: string, offset: number, limit: number) => get<DueBins>(`/links/${encodeURIComponent(link)}/due`, { offset, limit }),
    freezes: (number: string) => get<{ rows: Freeze[] }>(`/counts/${encodeURIComponent(number)}/freezes`),
    liftFreeze: (id: number, reason: string, in_wms: boolean) => http.post<Freeze>(`/freezes/${id}/lift`, { reason, in_wms }),
    planChoices: () => get<PlanChoices>("/plans/choices"),
    previewPlan: (plan: { link: string; kind: string; scope: PlanScope }, signal?: AbortSignal) =>
      http.post<PlanPreview>("/plans/preview", plan, signal),
    orderPlan: (plan: { link: string; kind: string; scope: PlanScope; mode: CountMode; name: string; freeze?: FreezeMode }) =>
      http.post<{ number: string }>("/plans", plan),
    /** Items of the link become A, B or C by the value moved of them in the last days. */
    classify: (link: string, days: number) => http.post<{ A: number; B: number; C: number }>(`/links/${seg(link)}/abc${queryText({ days })}`),

    policies: () => get<{ rows: { link: string; name: string }[] }>("/policies"),
    policy: (link: string) => get<LinkPolicy>(`/policies/${seg(link)}`),
    policyVersions: (link: string) => get<{ rows: PolicyVersion[] }>(`/policies/${seg(link)}/versions`),
    setPolicy: (link: string, policy: Policy, basedOn: number, reason: string) =>
      http.post<PolicyVersion>(`/policies/${seg(link)}`, { policy, based_on: basedOn, reason }),
    reasons: (all = false) => get<{ version: number; rows: ReasonCode[] }>("/reasons", all ? { all } : {}),
    setReasons: (rows: ReasonCode[], based_on: number) => http.post<{ version: number; rows: ReasonCode[] }>("/reasons", { rows, based_on }),

    signoffs: () => get<{ rows: Signoff[] }>("/signoffs"),
    signoffsOf: (number: string) => get<{ rows: Signoff[] }>(`/counts/${seg(number)}/signoffs`),
    sign: (id: Id, reason: string) => http.post<Signoff>(`/signoffs/${seg(id)}/sign`, { reason }),
    sendBack: (id: Id, reason: string) => http.post<Signoff>(`/signoffs/${seg(id)}/return`, { reason }),

    approvals: (query: Paging & { count?: string; sort?: string; cause?: string }) =>
      get<Page<Line> & { gain: string | null; loss: string | null; net: string | null }>("/approvals", query),
    recounts: (query: Paging & { count?: string; cause?: string }) => get<Page<Line>>("/recounts", query),
    previewDecision: (what: { lines: number[]; decision: Decision; reason_code: string; take_pass: number | null }) =>
      http.post<DecisionPreview>("/decisions/preview", what),
    decide: (what: { lines: number[]; decision: Decision; reason: string; reason_code: string; take_pass: number | null }) =>
      http.post<{ changed: number; refused: Refused[] }>("/decisions", what),

    deliveries: (query: Paging & DeliveryFilter) => get<DeliveryPage>("/deliveries", query),
    delivery: (id: Id) => get<DeliveryDetail>(`/deliveries/${seg(id)}`),
    resend: (id: Id, reason: string) => http.post<unknown>(`/deliveries/${seg(id)}/resend`, { reason }),
    resendMany: (what: { ids?: Id[]; filter?: DeliveryFilter; reason: string }) =>
      http.post<{ queued: number }>("/deliveries/resend", what),
    decideDelivery: (id: Id, what: { decision: ReviewDecision; remote_id: string; reason: string }) =>
      http.post<DeliveryDetail>(`/deliveries/${seg(id)}/decide`, what),

    quarantine: (query: Paging & QuarantineFilter) => get<Page<QuarantineRow>>("/quarantine", query),
    quarantineReasons: (query: { flow?: string | undefined }) => get<{ rows: QuarantineGroup[] }>("/quarantine/reasons", query),
    resendQuarantined: (what: { ids?: Id[]; filter?: QuarantineFilter; reason: string }) =>
      http.post<{ queued: number }>("/quarantine/resend", what),
    discardQuarantined: (what: { ids?: Id[]; filter?: QuarantineFilter; reason: string }) =>
      http.post<{ discarded: number }>("/quarantine/discard", what),

    driftLinks: () => get<{ rows: { code: string; name: string; open: number }[] }>("/drift"),
    drift: (link: string, query: Paging & { state?: string }) =>
      get<Page<DriftRow> & { policy: string; may_repair: boolean }>(`/links/${seg(link)}/drift`, query),
    repairDrift: (link: string, ids: Id[], reason: string) =>
      http.post<{ repairing: number }>(`/links/${seg(link)}/drift/repair`, { ids, reason }),
    dismissDrift: (link: string, ids: Id[], reason: string) =>
      http.post<{ dismissed: number }>(`/links/${seg(link)}/drift/dismiss`, { ids, reason }),

    links: () => get<{ rows: Link[] }>("/links"),
    flows: (link: string) => get<{ rows: PolledFlow[] }>(`/links/${seg(link)}/flows`),
    flowRuns: (link: string, flow: string) => get<{ rows: FlowRun[] }>(`/links/${seg(link)}/flows/${seg(flow)}/runs`),
    previewCadence: (link: string, flow: string, timing: TimingWords) =>
      http.post<{ cadence: string; following: string[] }>(`/links/${seg(link)}/flows/${seg(flow)}/preview`, { timing }),
    /** Without a timing the flow follows the link's folder again. */
    setCadence: (link: string, flow: string, timing: TimingWords | null, reason: string) =>
      http.patch<PolledFlow>(`/links/${seg(link)}/flows/${seg(flow)}`, { timing, reason }),
    actOnFlow: (link: string, flow: string, act: "run" | "pause" | "resume", reason: string) =>
      http.post<unknown>(`/links/${seg(link)}/flows/${seg(flow)}/${act}`, { reason }),

    hooks: (link: string) => get<{ rows: Hook[]; strangers: HookRefusal[] }>(`/links/${seg(link)}/hooks`),
    createHook: (link: string, source: string, events: Record<string, string>) =>
      http.post<Hook & { secret: string }>(`/links/${seg(link)}/hooks`, { source, events }),
    changeHook: (link: string, source: string, change: { events?: Record<string, string>; active?: boolean; reason: string }) =>
      http.patch<Hook>(`/links/${seg(link)}/hooks/${seg(source)}`, change),
    rotateHook: (link: string, source: string, reason: string) =>
      http.post<Hook & { secret: string }>(`/links/${seg(link)}/hooks/${seg(source)}/rotate`, { reason }),
    removeHook: (link: string, source: string, reason: string) =>
      http.post<unknown>(`/links/${seg(link)}/hooks/${seg(source)}/remove`, { reason }),
    hookCalls: (link: string, source: string) => get<HookCalls>(`/links/${seg(link)}/hooks/${seg(source)}/calls`),

    subscriptions: () => get<{ rows: Subscription[]; kinds: string[] }>("/subscriptions"),
    createSubscription: (made: { name: string; url: string; kinds: string[]; after: string }) =>
      http.post<Subscription & { secret: string }>("/subscriptions", made),
    changeSubscription: (id: Id, change: { url?: string; kinds?: string[]; reason: string }) =>
      http.patch<Subscription>(`/subscriptions/${seg(id)}`, change),
    rotateSubscription: (id: Id, reason: string) =>
      http.post<Subscription & { secret: string }>(`/subscriptions/${seg(id)}/rotate`, { reason }),
    pauseSubscription: (id: Id, reason: string) => http.post<unknown>(`/subscriptions/${seg(id)}/pause`, { reason }),
    resumeSubscription: (id: Id, after: string | null, reason: string) =>
      http.post<unknown>(`/subscriptions/${seg(id)}/resume`, { after, reason }),
    removeSubscription: (id: Id, reason: string) => http.post<unknown>(`/subscriptions/${seg(id)}/remove`, { reason }),
    testSubscription: (id: Id) => http.post<{ ok: boolean; message: string | null }>(`/subscriptions/${seg(id)}/test`),
    attempts: (id: Id) => get<{ rows: SubscriptionAttempt[] }>(`/subscriptions/${seg(id)}/attempts`),
  };
}

export type Api = ReturnType<typeof createApi>;

/** Addresses the browser opens itself: downloads and the event stream. */
export const addresses = {
  linesCsv: (number: string, filter: LineFilter & { sort?: string }): string =>
    `/api/counts/${seg(number)}/lines.csv${queryText(filter as Query)}`,
  results: (number: string, kind: "xlsx" | "pdf", language: "zh" | "en"): string =>
    `/api/counts/${seg(number)}/results.${kind}${queryText({ language })}`,
  driftCsv: (link: string, state: string): string => `/api/links/${seg(link)}/drift.csv${queryText({ state })}`,
  countsCsv: "/api/counts.csv",
  events: (count?: string): string => `/api/events${queryText({ count })}`,
};
