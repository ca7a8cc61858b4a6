import { describe, expect, it } from "vitest";
import { emptyDrafts, nextBin, totals, viewBin, viewSheet } from "../src/rules/counted";
import { entry, RAW, sheet } from "./sample";
import { readSheet } from "../src/data/model";

const opened = sheet();
const bin = opened.bins[0]!;

describe("a blind sheet", () => {
  it("keeps no expected quantity, whatever the server sent", () => {
    expect(JSON.stringify(opened)).not.toMatch(/24|"3\.5"|"9"/);
    expect(opened.bins[0]?.goods[0]?.expected).toBeNull();
  });
  it("is what a sheet is when nobody says otherwise", () => {
    const { blind, ...unsaid } = RAW.sheet;
    expect(blind).toBe(true);
    expect(readSheet({ ...RAW, sheet: unsaid }).bins[0]?.goods[0]?.expected).toBeNull();
  });
  it("an open count shows it", () => {
    expect(readSheet({ ...RAW, sheet: { ...RAW.sheet, blind: false } }).bins[0]?.goods[0]?.expected).toBe("24");
  });
});

describe("a bin", () => {
  it("is open until every goods has an amount; nothing is taken for zero", () => {
    expect(viewBin(opened, bin, [])).toMatchObject({ open: 3, done: false, emptied: false });
    const some = [entry(), entry({ item: "P-7", lot: "L1", unit: "kg" })];
    expect(viewBin(opened, bin, some)).toMatchObject({ open: 1, done: false });
    expect(viewBin(opened, bin, [...some, entry({ item: "P-7", lot: "L2", unit: "kg" })])).toMatchObject({ open: 0, done: true });
  });
  it("with nothing on its list is done only when somebody says empty or finds something", () => {
    const last = opened.bins[2]!;
    expect(viewBin(opened, last, []).done).toBe(false);
    expect(viewBin(opened, last, [entry({ kind: "empty", bin: "W1-03", item: null, quantity: null })]).done).toBe(true);
    expect(viewBin(opened, last, [entry({ bin: "W1-03" })])).toMatchObject({ done: true, rows: [{ goods: null, item: { item: "00123" } }] });
  });
  it("said empty records a zero for each goods without an amount, in its own unit, and nothing else", () => {
    const drafts = emptyDrafts(opened, viewBin(opened, bin, [entry({ item: "P-7", lot: "L1", quantity: "2", unit: "kg" })]));
    expect(drafts.map(({ kind, item, lot, quantity, unit }) => [kind, item, lot, quantity, unit])).toEqual([
      ["scan", "00123", null, "0", "u"],
      ["scan", "P-7", "L2", "0", "kg"],
    ]);
    expect(emptyDrafts(opened, viewBin(opened, opened.bins[2]!, []))).toEqual([{ kind: "empty", sheet: 7, bin: "W1-03" }]);
  });
  it("is called empty only when every amount came from that tap", () => {
    const zero = entry({ group: "g", quantity: "0" });
    expect(viewBin(opened, bin, [zero]).emptied).toBe(true);
    expect(viewBin(opened, bin, [zero, entry({ item: "1E5" })]).emptied).toBe(false);
  });
  it("does not count what was undone, refused or of another sheet", () => {
    const gone = [entry({ undone: true }), entry({ state: "refused" }), entry({ state: "discarded" }), entry({ sheet: 8 })];
    expect(viewBin(opened, bin, gone)).toMatchObject({ open: 3, last: null });
  });
  it("adds amounts of one unit exactly and keeps units apart", () => {
    const view = viewBin(opened, bin, [entry({ quantity: "0.1" }), entry({ quantity: "0.2" }), entry({ quantity: "1", unit: "BOX" })]);
    expect(totals(view.rows[0]!.portions)).toEqual([["0.3", "u"], ["1", "BOX"]]);
  });
  it("does not count twice what the server heard from this device, but shows what came from elsewhere", () => {
    const heard = (scan: string) => {
      const copy = sheet();
      copy.bins[0]!.goods[0]!.counted = { quantity: "5", unit: "u", scan };
      return viewBin(copy, copy.bins[0]!, [entry({ id: "mine", state: "acknowledged" })]).rows[0]!.portions;
    };
    expect(totals(heard("mine"))).toEqual([["5", "u"]]);
    expect(totals(heard("theirs"))).toEqual([["10", "u"]]);
  });
});

it("the next bin follows the walk, goes round the corner, and ends when all are done", () => {
  const views = viewSheet(opened, []);
  expect(nextBin(views, null)?.bin.bin).toBe("W1-01");
  expect(nextBin(views, "W1-02")?.bin.bin).toBe("W1-03");
  expect(nextBin(views, "W1-03")?.bin.bin).toBe("W1-01");
  expect(nextBin(views.map((view) => ({ ...view, done: true })), "W1-01")).toBeNull();
});
