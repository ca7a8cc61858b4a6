import "fake-indexeddb/auto";
import { ApiError } from "@shared/http";
import { beforeEach, describe, expect, it } from "vitest";
import { Clock } from "../src/data/clock";
import { Database, type Entry } from "../src/data/database";
import { Outbox } from "../src/data/outbox";
import { backoff, isHeld, nextToSend, readResults, type Result } from "../src/data/queue";
import { Sender } from "../src/data/sender";
import { entry } from "./sample";

const storage = { getItem: () => null, setItem: () => undefined };
const scan = { kind: "scan", sheet: 7, bin: "W1-01", item: "00123", quantity: "5", unit: "u" } as const;

/** A server that can be out of reach, lose its answer after taking everything in, or refuse an item. */
class FakeServer {
  readonly stored = new Map<string, Entry>();
  readonly calls: string[][] = [];
  down: "no" | "unreachable" | "answer_lost" | "signed_out" = "no";
  refuse: string | null = null;
  refuseBatchWith: string | null = null;

  async scans(entries: readonly Entry[]): Promise<Result[]> {
    this.calls.push(entries.map((one) => one.id));
    this.reach();
    if (this.refuseBatchWith && entries.some((one) => one.item === this.refuseBatchWith)) throw new ApiError(422, "api.bad_body", "bad body");
    const results = entries.map((one) => this.take(one));
    if (this.down === "answer_lost") throw new ApiError(0, "ui.unreachable", "");
    return results;
  }

  async single(one: Entry): Promise<Result> {
    this.calls.push([`${one.kind} ${one.target ?? one.bin ?? one.sheet}`]);
    this.reach();
    return this.take(one);
  }

  private reach(): void {
    if (this.down === "unreachable") throw new TypeError("failed to fetch");
    if (this.down === "signed_out") throw new ApiError(401, "people.token_expired", "sign in again");
  }

  private take(one: Entry): Result {
    if (one.item !== null && one.item === this.refuse) return { id: one.id, ok: false, code: "stocktake.unknown_item", message: "unknown item" };
    this.stored.set(one.id, one);
    return { id: one.id, ok: true, code: null, message: null };
  }
}

let number = 0;
let database: Database;
let outbox: Outbox;
let server: FakeServer;
let sender: Sender;

beforeEach(async () => {
  number += 1;
  database = new Database(`test-${number}`);
  outbox = new Outbox(database, new Clock(Date.now, storage));
  await outbox.load("wang");
  server = new FakeServer();
  sender = new Sender(outbox, server, () => 1_000_000);
});

const states = (): string[] => outbox.entries.map((one) => `${one.kind} ${one.state}`);

describe("what goes next", () => {
  it("is scans together, in order, up to the limit, and never past another kind", () => {
    const all = [entry(), entry(), entry({ kind: "undo" }), entry()];
    expect(nextToSend(all)).toMatchObject({ kind: "scans", entries: [all[0], all[1]] });
    expect(nextToSend(all, 1)).toMatchObject({ kind: "scans", entries: [all[0]] });
    expect(nextToSend(all.slice(2))).toMatchObject({ kind: "single", entry: all[2] });
    expect(nextToSend([entry({ state: "acknowledged" })])).toBeNull();
  });
  it("is not the sheet while one of its scans is refused; other sheets go on", () => {
    const held = [entry({ state: "refused" }), entry({ kind: "submit" })];
    expect(nextToSend(held)).toBeNull();
    expect(isHeld(held[1]!, held)).toBe(true);
    const other = entry({ sheet: 8 });
    expect(nextToSend([...held, other])).toMatchObject({ entries: [other] });
  });
  it("waits longer after each failure, at most a minute or so", () => {
    expect([1, 2, 3, 10, 50].map((failures) => backoff(failures, 0.5))).toEqual([1000, 2000, 4000, 60_000, 60_000]);
    expect(backoff(1, 0)).toBe(800);
  });
  it("an answer that is not ours is no acknowledgement", () => {
    expect(() => readResults({}, [])).toThrow();
    expect(readResults({ results: [{ id: "stranger", ok: true }, null] }, [entry()])).toEqual([]);
  });
});

describe("durability", () => {
  it("a scan is on disk when add answers, and still there for the next page", async () => {
    const made = await outbox.add(scan);
    const reloaded = new Outbox(new Database(`test-${number}`), new Clock(Date.now, storage));
    await reloaded.load("wang");
    expect(reloaded.entries).toEqual([made]);
  });
  it("unsent scans wait while the server is out of reach and arrive once it is back, unchanged", async () => {
    server.down = "unreachable";
    const first = await outbox.add(scan);
    await outbox.add({ ...scan, quantity: "6" });
    await sender.kick();
    expect(sender.state).toBe("unreachable");
    expect(states()).toEqual(["scan waiting", "scan waiting"]);
    server.down = "no";
    await sender.kick();
    expect(states()).toEqual(["scan acknowledged", "scan acknowledged"]);
    expect(server.stored.get(first.id)?.counted_at).toBe(first.counted_at);
    expect(sender.state).toBe("idle");
    sender.stop();
  });
  it("a lost answer means the same ids again, never new ones", async () => {
    server.down = "answer_lost";
    await outbox.add(scan);
    await sender.kick();
    server.down = "no";
    await sender.kick();
    expect(server.calls).toHaveLength(2);
    expect(server.calls[0]).toEqual(server.calls[1]);
    expect(server.stored.size).toBe(1);
  });
  it("another person's scans are neither shown nor sent, and not lost", async () => {
    await outbox.add(scan);
    await outbox.load("li");
    await sender.kick();
    expect(server.calls).toEqual([]);
    expect(await outbox.waitingByPerson()).toEqual([["wang", 1]]);
    await outbox.load("wang");
    await sender.kick();
    expect(server.stored.size).toBe(1);
  });
  it("an expired sign-in keeps everything and stops asking until somebody signs in", async () => {
    server.down = "signed_out";
    await outbox.add(scan);
    await sender.kick();
    await sender.kick();
    expect(server.calls).toHaveLength(1);
    server.down = "no";
    await sender.resume();
    expect(states()).toEqual(["scan acknowledged"]);
  });
});

describe("refusals", () => {
  it("one refused scan comes back with the server's sentence; the others are in", async () => {
    server.refuse = "BAD";
    await outbox.add(scan);
    await outbox.add({ ...scan, item: "BAD" });
    await sender.kick();
    expect(states()).toEqual(["scan acknowledged", "scan refused"]);
    expect(outbox.entries[1]).toMatchObject({ code: "stocktake.unknown_item", message: "unknown item" });
  });
  it("a batch refused whole is tried one by one, so one bad scan stops nobody", async () => {
    server.refuseBatchWith = "BAD";
    for (const item of ["A", "BAD", "B"]) await outbox.add({ ...scan, item });
    await sender.kick();
    expect(states()).toEqual(["scan acknowledged", "scan refused", "scan acknowledged"]);
  });
  it("the sheet goes only after the refused scan is settled", async () => {
    server.refuse = "BAD";
    const bad = await outbox.add({ ...scan, item: "BAD" });
    await outbox.add({ kind: "submit", sheet: 7 });
    await sender.kick();
    expect(states()).toEqual(["scan refused", "submit waiting"]);
    server.refuse = null;
    await outbox.again(bad.id);
    await sender.kick();
    expect(states()).toEqual(["scan acknowledged", "submit acknowledged"]);
  });
  it("counting afresh withdraws the sheet, so that it cannot overtake the new count", async () => {
    server.refuse = "BAD";
    const bad = await outbox.add({ ...scan, item: "BAD" });
    await outbox.add({ kind: "submit", sheet: 7 });
    await sender.kick();
    await outbox.countAfresh(bad.id);
    await sender.kick();
    expect(states()).toEqual(["scan discarded", "submit cancelled"]);
    expect([...server.stored]).toEqual([]);
  });
  it("a scan made after handing in, while it still waits, takes the handing-in back", async () => {
    server.down = "unreachable";
    await outbox.add(scan);
    await outbox.add({ kind: "submit", sheet: 7 });
    await outbox.add({ kind: "submit", sheet: 8 });
    await outbox.add(scan);
    expect(states()).toEqual(["scan waiting", "submit cancelled", "submit waiting", "scan waiting"]);
  });
  it("a scan given up is kept as history and lets the sheet go", async () => {
    server.refuse = "BAD";
    const bad = await outbox.add({ ...scan, item: "BAD" });
    await outbox.add({ kind: "submit", sheet: 7 });
    await sender.kick();
    await outbox.discard(bad.id);
    await sender.kick();
    expect(states()).toEqual(["scan discarded", "submit acknowledged"]);
  });
});

describe("undo", () => {
  it("of an empty bin takes back every zero of that tap and nothing else", async () => {
    await outbox.add(scan);
    const zeros = await outbox.addTogether(["A", "B"].map((item) => ({ ...scan, item, quantity: "0" })));
    await sender.kick();
    await outbox.undo(zeros[1]!.id);
    await sender.kick();
    expect(outbox.entries.map((one) => [one.kind, one.item, one.undone])).toEqual([
      ["scan", "00123", false], ["scan", "A", true], ["scan", "B", true], ["undo", "A", false], ["undo", "B", false],
    ]);
    expect(server.calls.slice(-2).flat()).toEqual(zeros.map((one) => `undo ${one.id}`));
  });
  it("of a bin without goods asks the server nothing", async () => {
    const empty = await outbox.add({ kind: "empty", sheet: 7, bin: "W1-03" });
    await sender.kick();
    await outbox.undo(empty.id);
    await sender.kick();
    expect(server.calls).toHaveLength(1);
    expect(outbox.entries).toMatchObject([{ kind: "empty", undone: true }]);
  });
  it("of a scan that never left just cancels it", async () => {
    const made = await outbox.add(scan);
    await outbox.undo(made.id);
    await sender.kick();
    expect(states()).toEqual(["scan cancelled"]);
    expect(server.calls).toEqual([]);
  });
  it("of a scan that may have arrived is told to the server, after the scan itself", async () => {
    server.down = "answer_lost";
    const made = await outbox.add(scan);
    await sender.kick();
    await outbox.undo(made.id);
    await outbox.undo(made.id);
    server.down = "no";
    await sender.kick();
    expect(server.calls.slice(1)).toEqual([[made.id], [`undo ${made.id}`]]);
    expect(outbox.entries[0]).toMatchObject({ state: "acknowledged", undone: true });
  });
  it("and its replacement are written in one stroke", async () => {
    const first = await outbox.add(scan);
    await sender.kick();
    await outbox.add({ ...scan, quantity: "8" }, [first.id]);
    await sender.kick();
    expect(outbox.entries.map((one) => [one.kind, one.quantity, one.undone])).toEqual([["scan", "5", true], ["undo", "5", false], ["scan", "8", false]]);
  });
  it("refused by the server lets the scan count again", async () => {
    const made = await outbox.add(scan);
    await sender.kick();
    await outbox.undo(made.id);
    server.refuse = "00123";
    await sender.kick();
    expect(outbox.entries[0]).toMatchObject({ state: "acknowledged", undone: false });
    expect(outbox.entries[1]).toMatchObject({ kind: "undo", state: "refused" });
  });
  it("of a scan that is refused meanwhile leaves nothing to ask", async () => {
    server.down = "unreachable";
    const made = await outbox.add({ ...scan, item: "BAD" });
    await sender.kick();
    await outbox.undo(made.id);
    server.down = "no";
    server.refuse = "BAD";
    await sender.kick();
    expect(states()).toEqual(["scan discarded", "undo cancelled"]);
  });
});
