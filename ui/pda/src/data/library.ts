import type { Database } from "./database";
import type { Id, Sheet, SheetRow } from "./model";
import type { Server } from "./server";

/** My sheets, as last heard: from the server when it answers, else from this device. */
export class Library {
  constructor(
    private readonly database: Database,
    private readonly server: Pick<Server, "sheets" | "sheet">,
    private readonly now: () => string,
  ) {}

  async storedList(username: string): Promise<SheetRow[] | null> {
    return (await this.database.lists.get(username))?.rows ?? null;
  }

  /** Asks the server; sheets that are no longer this person's leave the device, unless something of them still waits. */
  async list(username: string): Promise<SheetRow[]> {
    const rows = await this.server.sheets();
    await this.database.lists.put({ username, rows, listed_at: this.now() });
    const mine = new Set(rows.map((row) => String(row.id)));
    const waiting = new Set<string>();
    await this.database.entries.where({ username }).each((one) => {
      if (one.state === "waiting" || one.state === "refused") waiting.add(String(one.sheet));
    });
    await this.database.sheets
      .where({ username })
      .filter((one) => !mine.has(String(one.id)) && !waiting.has(String(one.id)))
      .delete();
    return rows;
  }

  async storedSheet(username: string, id: string): Promise<Sheet | null> {
    return (await this.database.sheets.get(key(username, id)))?.sheet ?? null;
  }

  async sheet(username: string, id: Id): Promise<Sheet> {
    const sheet = await this.server.sheet(id);
    await this.database.sheets.put({ key: key(username, id), username, id, sheet, opened_at: this.now() });
    return sheet;
  }
}

function key(username: string, id: Id): string {
  return `${username}\n${id}`;
}
