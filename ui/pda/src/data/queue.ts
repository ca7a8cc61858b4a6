import type { Entry } from "./database";

/** The most scans sent in one call. */
export const BATCH = 50;

export type Next = { kind: "scans"; entries: Entry[] } | { kind: "single"; entry: Entry } | null;

/**
 * What to send now: entries go in the order they were made; neighbouring scans share one call.
 * A sheet is handed in only when nothing of it waits or was refused, so the server never closes a sheet too early.
 */
export function nextToSend(entries: readonly Entry[], most = BATCH): Next {
  const refused = new Set(entries.filter((one) => one.state === "refused" && one.kind !== "submit").map((one) => String(one.sheet)));
  const batch: Entry[] = [];
  for (const entry of entries) {
    if (entry.state !== "waiting") continue;
    if (entry.kind === "submit" && refused.has(String(entry.sheet))) continue;
    if (entry.kind !== "scan") return batch.length > 0 ? { kind: "scans", entries: batch } : { kind: "single", entry };
    batch.push(entry);
    if (batch.length >= most) break;
  }
  return batch.length > 0 ? { kind: "scans", entries: batch } : null;
}

/** A sheet's handing-in that waits for a person to settle refused entries first. */
export function isHeld(entry: Entry, entries: readonly Entry[]): boolean {
  return (
    entry.kind === "submit" &&
    entry.state === "waiting" &&
    entries.some((one) => one.state === "refused" && one.kind !== "submit" && String(one.sheet) === String(entry.sheet))
  );
}

/** Milliseconds before try number `failures` + 1: 1 s, 2 s, 4 s … 60 s, spread by ±20 % so that devices do not march in step. */
export function backoff(failures: number, random: number = Math.random()): number {
  const base = Math.min(60_000, 1000 * 2 ** Math.max(0, failures - 1));
  return Math.round(base * (0.8 + 0.4 * random));
}

export interface Result {
  id: string;
  ok: boolean;
  code: string | null;
  message: string | null;
}

/** Reads the server's answer to a batch; results for anything else than what was sent are left out. */
export function readResults(answer: unknown, sent: readonly Entry[]): Result[] {
  const rows = (answer as { results?: unknown } | null)?.results;
  if (!Array.isArray(rows)) throw new TypeError("no results in the answer");
  const known = new Set(sent.map((entry) => entry.id));
  return rows.flatMap((row: Partial<Result> | null) =>
    row && typeof row.id === "string" && known.has(row.id)
      ? [{ id: row.id, ok: row.ok === true, code: row.code ?? null, message: row.message ?? null }]
      : [],
  );
}
