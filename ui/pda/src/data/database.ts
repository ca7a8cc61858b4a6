import Dexie, { type EntityTable } from "dexie";
import type { Finer, Id, Sheet, SheetRow } from "./model";

/** all: every serial of the goods in the bin was scanned. */
export type Kind = "scan" | "empty" | "all" | "undo" | "submit";
/**
 * waiting: on this device only, or sent without an answer · acknowledged: the server has it for good ·
 * refused: the server said no and a person must decide · cancelled: taken back before it was ever sent ·
 * discarded: refused, and a person gave it up.
 */
export type State = "waiting" | "acknowledged" | "refused" | "cancelled" | "discarded";

/** One thing a person did. It stays as it was when they did it; only what became of it changes. */
export interface Entry {
  /** Order of doing; the server hears entries in this order. */
  seq: number;
  id: string;
  kind: Kind;
  username: string;
  sheet: Id;
  bin: string | null;
  item: string | null;
  name_zh: string | null;
  name_en: string | null;
  lot: string | null;
  /** Missing in what an older page wrote: nobody said. */
  finer?: Finer | null;
  quantity: string | null;
  unit: string | null;
  unit_zh: string | null;
  unit_en: string | null;
  /** The last good day on the label, YYYY-MM-DD; entries of an older page have none. */
  expires?: string | null;
  /** Entries made by one tap ("bin is empty") and taken back together. */
  group: string | null;
  /** For undo: the entry it takes back. */
  target: string | null;
  /** Device time plus measured offset, ISO with offset: fixed when it happened, equal in every retry. */
  counted_at: string;
  state: State;
  undone: boolean;
  /** How often it may have left this device. */
  attempts: number;
  code: string | null;
  message: string | null;
}

interface Opened {
  key: string;
  username: string;
  id: Id;
  sheet: Sheet;
  opened_at: string;
}

interface Listed {
  username: string;
  rows: SheetRow[];
  listed_at: string;
}

export class Database extends Dexie {
  entries!: EntityTable<Entry, "seq">;
  sheets!: EntityTable<Opened, "key">;
  lists!: EntityTable<Listed, "username">;

  constructor(name = "countbridge-pda") {
    // Strict: a written scan is on the disk, not in a cache that a pulled battery empties.
    super(name, { chromeTransactionDurability: "strict" });
    this.version(1).stores({ entries: "++seq, &id, username, target", sheets: "key, username", lists: "username" });
  }
}
