import { ApiError, createHttp, type Http } from "@shared/http";
import type { Language } from "@shared/time";
import type { Clock } from "./clock";
import type { Entry } from "./database";
import { type Finer, type Id, readSheet, readSheetRow, type Sheet, type SheetRow } from "./model";
import { readResults, type Result } from "./queue";

const PATIENCE = 20_000;

export interface SignedIn {
  token: string;
  username: string;
  name: string;
  language: string;
}

/** What a failed call means for the thing that was to be sent. */
export type Failure =
  | { kind: "unreachable"; message: string | null }
  | { kind: "signed_out"; message: string }
  | { kind: "refused"; code: string; message: string };

export function failureOf(problem: unknown): Failure {
  // Anything that is not our server's own word (no network, a proxy's page, 5xx, 429) says nothing about the entry: try again.
  if (!(problem instanceof ApiError) || problem.unreachable) return { kind: "unreachable", message: null };
  if (problem.status === 401) return { kind: "signed_out", message: problem.message };
  if (problem.status >= 500 || [408, 425, 429].includes(problem.status)) return { kind: "unreachable", message: problem.message };
  return { kind: "refused", code: problem.code, message: problem.message };
}

/** Empty text says "none"; what nobody said stays out, and the server takes the only line there is. */
const said = (finer: Finer | null | undefined): Partial<Record<keyof Finer, string>> =>
  finer ? { status: finer.status ?? "", owner: finer.owner ?? "", package: finer.package ?? "" } : {};

/** The calls this page makes, and nothing else. Every answer with `server_time` sets the clock. */
export class Server {
  private readonly http: Http;

  constructor(
    private readonly clock: Clock,
    language: () => Language,
    token: () => string | null,
    onSignedOut: () => void,
  ) {
    this.http = createHttp({ language, proof: () => withToken(token()), onSignedOut });
  }

  signIn(username: string, password: string, device: string): Promise<SignedIn> {
    return this.http.post<SignedIn>("/pda/sign-in", { username, password, device }, limit());
  }

  async signOut(): Promise<void> {
    await this.http.post("/pda/sign-out", {}, limit());
  }

  async sheets(): Promise<SheetRow[]> {
    const { rows } = await this.timed(() => this.http.get<{ rows: object[] }>("/pda/sheets", {}, limit()));
    return rows.map(readSheetRow);
  }

  /** Asks for a count of one bin; the answer is its number. The sheet of it comes with the list once it is made. */
  async countBin(bin: string): Promise<string> {
    return (await this.http.post<{ number: string }>("/pda/counts", { bin }, limit())).number;
  }

  async sheet(id: Id): Promise<Sheet> {
    return readSheet(await this.timed(() => this.http.get<object>(`/pda/sheets/${encodeURIComponent(id)}`, {}, limit())));
  }

  async scans(entries: readonly Entry[]): Promise<Result[]> {
    const body = {
      sent_at: this.clock.stamp(),
      scans: entries.map(({ id, sheet, bin, item, lot, finer, quantity, unit, counted_at, expires }) => ({
        id, sheet, bin, code: item, lot, ...said(finer), quantity, unit, counted_at, expires: expires ?? null,
      })),
    };
    return readResults(await this.timed(() => this.http.post<unknown>("/pda/scans", body, limit())), entries);
  }

  /** Undo, an empty bin, all serials scanned, or a sheet handed in: one call each; repeating it must change nothing. */
  async single(entry: Entry): Promise<Result> {
    const sheet = `/pda/sheets/${encodeURIComponent(entry.sheet)}`;
    const answer = await this.timed(async () => {
      if (entry.kind === "undo") return this.http.post<unknown>(`/pda/scans/${encodeURIComponent(entry.target ?? "")}/undo`, {}, limit());
      if (entry.kind === "submit") return this.http.post<unknown>(`${sheet}/submit`, {}, limit()).catch((problem) => this.unlessIn(entry, problem));
      const body = { bin: entry.bin, id: entry.id, counted_at: entry.counted_at, sent_at: this.clock.stamp() };
      if (entry.kind === "all") return this.http.post<unknown>(`${sheet}/all-scanned`, { ...body, code: entry.item }, limit());
      return this.http.post<unknown>(`${sheet}/empty`, body, limit());
    });
    return readSingle(entry.id, answer);
  }

  /** A refused handing-in whose first try had arrived while its answer was lost: the sheet is in, which is all that was asked. */
  private async unlessIn(entry: Entry, problem: unknown): Promise<unknown> {
    if (entry.attempts > 1 && failureOf(problem).kind === "refused") {
      const { sheet } = await this.sheet(entry.sheet);
      if (sheet.state === "submitted" || sheet.state === "closed") return {};
    }
    throw problem;
  }

  private async timed<T>(call: () => Promise<T>): Promise<T> {
    const asked = this.clock.device();
    const answer = await call();
    this.clock.learn((answer as { server_time?: unknown } | null | undefined)?.server_time, asked);
    return answer;
  }
}

/** An empty bin is answered line by line; the first line refused speaks for all. */
export function readSingle(id: string, answer: unknown): Result {
  const whole = (answer ?? {}) as Partial<Result> & { results?: Partial<Result>[] };
  const refused = [whole, ...(Array.isArray(whole.results) ? whole.results : [])].find((one) => one.ok === false);
  const said = refused ?? whole;
  return { id, ok: refused === undefined, code: said.code ?? null, message: said.message ?? null };
}

function withToken(token: string | null): Record<string, string> {
  return token === null ? {} : { Authorization: `Bearer ${token}` };
}

function limit(): AbortSignal {
  return AbortSignal.timeout(PATIENCE);
}
