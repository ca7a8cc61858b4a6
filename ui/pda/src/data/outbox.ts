import type { Clock } from "./clock";
import type { Database, Entry, Kind } from "./database";
import type { Finer, Id } from "./model";
import type { Result } from "./queue";
import { newUuid } from "./uuid";

export interface Draft {
  kind: Exclude<Kind, "undo">;
  sheet: Id;
  bin?: string;
  item?: string;
  name_zh?: string;
  name_en?: string;
  lot?: string | null;
  finer?: Finer | null;
  quantity?: string;
  unit?: string;
  unit_zh?: string;
  unit_en?: string;
  expires?: string | null;
}

type Made = Omit<Draft, "kind"> & { kind: Kind; id: string; group: string | null; target: string | null };

/**
 * Everything the person did, on disk before the screen moves on, and a copy in memory for drawing.
 * Nothing is ever deleted here while the server may not have it.
 */
export class Outbox {
  private all: readonly Entry[] = [];
  private readonly listeners = new Set<() => void>();
  private username: string | null = null;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  get entries(): readonly Entry[] {
    return this.all;
  }

  readonly subscribe = (told: () => void): (() => void) => {
    this.listeners.add(told);
    return () => this.listeners.delete(told);
  };

  /** Shows the entries of this person; another person's stay on the device, unseen, until they sign in again. */
  async load(username: string | null): Promise<void> {
    this.username = username;
    const found = username === null ? [] : await this.database.entries.where({ username }).sortBy("seq");
    this.all = found;
    this.tell();
  }

  /** Entries of anybody that the server does not have yet: [username, how many]. */
  async waitingByPerson(): Promise<[string, number][]> {
    const counts = new Map<string, number>();
    await this.database.entries.each((one) => {
      if (one.state === "waiting" || one.state === "refused") counts.set(one.username, (counts.get(one.username) ?? 0) + 1);
    });
    return [...counts];
  }

  /** Writes what was done, and takes back `replaced` in the same stroke. Resolves when it is on disk. */
  async add(draft: Draft, replaced: readonly string[] = []): Promise<Entry> {
    const [entry] = await this.write([draft], null, replaced);
    if (!entry) throw new Error("entry was not stored");
    return entry;
  }

  /** Several things one tap did: all are written or none, and one undo takes all of them back. */
  addTogether(drafts: readonly Draft[]): Promise<Entry[]> {
    return this.write(drafts, newUuid(), []);
  }

  private async write(drafts: readonly Draft[], group: string | null, replaced: readonly string[]): Promise<Entry[]> {
    const ids = new Set<string>();
    await this.database.transaction("rw", this.database.entries, async () => {
      for (const target of replaced) await this.takeBack(target);
      for (const draft of drafts) {
        const id = newUuid();
        ids.add(id);
        await this.withdraw(draft.sheet);
        await this.database.entries.add(this.made({ ...draft, id, group, target: null }));
      }
    });
    await this.refresh();
    return this.all.filter((one) => ids.has(one.id));
  }

  /** Takes back an entry and what was done with the same tap. */
  async undo(id: string): Promise<void> {
    await this.database.transaction("rw", this.database.entries, async () => {
      const entry = await this.database.entries.get({ id });
      if (!entry) return;
      const together = this.all.filter((one) => one.id === id || (one.group !== null && one.group === entry.group));
      for (const one of together) await this.takeBack(one.id);
      await this.withdraw(entry.sheet);
    });
    await this.refresh();
  }

  /** Counts a try before it leaves, so that an entry which may have arrived is never quietly cancelled. Returns those still to send. */
  async leaving(ids: readonly string[]): Promise<Entry[]> {
    const going = await this.database.transaction("rw", this.database.entries, async () => {
      const found = await this.database.entries.where("id").anyOf([...ids]).sortBy("seq");
      const waiting = found.filter((one) => one.state === "waiting");
      const counted = waiting.map((one) => ({ ...one, attempts: one.attempts + 1 }));
      await this.database.entries.bulkPut(counted);
      return counted;
    });
    await this.refresh();
    return going;
  }

  async settle(results: readonly Result[]): Promise<void> {
    await this.database.transaction("rw", this.database.entries, async () => {
      for (const result of results) await this.settleOne(result);
    });
    await this.refresh();
  }

  /** Sends a refused entry once more, for instance after the supervisor has put things right. */
  async again(id: string): Promise<void> {
    await this.change(id, { state: "waiting", code: null, message: null });
  }

  /** The person gives a refused entry up; it stays in this device's history. */
  async discard(id: string): Promise<void> {
    await this.change(id, { state: "discarded" });
  }

  /** Gives a refused entry up because the person counts afresh: the sheet must not go before they have. */
  async countAfresh(id: string): Promise<void> {
    await this.database.transaction("rw", this.database.entries, async () => {
      const entry = await this.database.entries.get({ id });
      if (!entry) return;
      await this.database.entries.update(entry.seq, { state: "discarded" });
      await this.withdraw(entry.sheet);
    });
    await this.refresh();
  }

  async refresh(): Promise<void> {
    await this.load(this.username);
  }

  private made(draft: Made): Omit<Entry, "seq"> {
    if (this.username === null) throw new Error("nobody is signed in");
    return {
      id: draft.id, kind: draft.kind, username: this.username, sheet: draft.sheet, bin: draft.bin ?? null, item: draft.item ?? null,
      name_zh: draft.name_zh ?? null, name_en: draft.name_en ?? null, lot: draft.lot ?? null, finer: draft.finer ?? null, quantity: draft.quantity ?? null,
      unit: draft.unit ?? null, unit_zh: draft.unit_zh ?? null, unit_en: draft.unit_en ?? null, expires: draft.expires ?? null, group: draft.group, target: draft.target, counted_at: this.clock.stamp(), state: "waiting", undone: false, attempts: 0,
      code: null, message: null,
    };
  }

  private async takeBack(id: string): Promise<void> {
    const entry = await this.database.entries.get({ id });
    if (!entry || entry.undone || entry.kind === "undo") return;
    if (entry.state === "refused") return void (await this.database.entries.update(entry.seq, { undone: true, state: "discarded" }));
    if (entry.state === "waiting" && entry.attempts === 0) {
      return void (await this.database.entries.update(entry.seq, { undone: true, state: "cancelled" }));
    }
    await this.database.entries.update(entry.seq, { undone: true });
    // An empty bin without goods left no scan at the server that could be taken back.
    if (entry.kind !== "scan") return;
    const undo = this.made({ kind: "undo", sheet: entry.sheet, id: newUuid(), group: null, target: id });
    const { bin, item, name_zh, name_en, lot, finer, quantity, unit, unit_zh, unit_en } = entry;
    await this.database.entries.add({ ...undo, bin, item, name_zh, name_en, lot, finer: finer ?? null, quantity, unit, unit_zh, unit_en });
  }

  /** Work on a sheet goes on: a handing-in that has not left yet would overtake it, so the person hands in again afterwards. */
  private async withdraw(sheet: Id): Promise<void> {
    const early = (one: Entry): boolean => one.kind === "submit" && one.state === "waiting" && one.attempts === 0;
    await this.database.entries
      .where({ username: this.username ?? "" })
      .filter((one) => early(one) && String(one.sheet) === String(sheet))
      .modify({ state: "cancelled" });
  }

  private async settleOne({ id, ok, code, message }: Result): Promise<void> {
    const entry = await this.database.entries.get({ id });
    if (!entry || entry.state !== "waiting") return;
    await this.database.entries.update(entry.seq, { state: ok ? "acknowledged" : "refused", code, message });
    if (ok) return;
    if (entry.kind === "undo" && entry.target) {
      // The server kept the scan: it counts again on this screen too.
      const target = await this.database.entries.get({ id: entry.target });
      if (target) await this.database.entries.update(target.seq, { undone: false });
      return;
    }
    const undo = await this.database.entries.where({ target: id }).filter((one) => one.state === "waiting").first();
    if (undo) {
      // Refused and already taken back: nothing is left to do or to ask.
      await this.database.entries.update(undo.seq, { state: "cancelled" });
      await this.database.entries.update(entry.seq, { state: "discarded" });
    }
  }

  private async change(id: string, changes: Partial<Entry>): Promise<void> {
    await this.database.entries.where({ id }).modify(changes);
    await this.refresh();
  }

  private tell(): void {
    for (const told of this.listeners) told();
  }
}
