import { describe, expect, it } from "vitest";
import { readSheet } from "../src/data/model";
import { nextToSend } from "../src/data/queue";
import { emptyDrafts, isCounted, viewBin } from "../src/rules/counted";
import { resolveGoods } from "../src/rules/resolve";
import { allDraft, isAllScanned, readSerial, serialDraft, serialsOf } from "../src/rules/serials";
import { entry, RAW } from "./sample";

const EACH = { code: "u", name_zh: "件", name_en: "piece", numerator: "1", denominator: "1", decimals: 0 };
const drill = { item: "D-1", name_zh: "电钻", name_en: "Drill", codes: ["D-1", "06901234567915"], lot_tracked: true, tracking: "serial", units: [EACH] };
const listed = { ...drill, line: null, lot: null, expected: null, counted: null, serials: [{ serial: "S0", scan: "far" }], all_scanned: false, booked: ["S0", "S1"] };

function opened(changes: Record<string, unknown> = {}, blind = true) {
  const raw = structuredClone(RAW) as unknown as { sheet: object; bins: { goods: object[] }[]; items: object[] };
  raw.bins[1]!.goods.push({ ...listed, ...changes });
  raw.items.push(drill);
  return readSheet({ ...raw, sheet: { ...raw.sheet, blind } });
}
const sheet = opened();
const bin = sheet.bins[0]!;
const goods = bin.goods.find((one) => one.item === "D-1")!;
const scanned = (serial: string, changes = {}) => entry({ item: "D-1", lot: serial, quantity: "1", ...changes });
const row = (entries: ReturnType<typeof entry>[], of = sheet) => viewBin(of, of.bins[0]!, entries).rows.find((one) => one.item.item === "D-1")!;

describe("goods with serials", () => {
  it("are one row of the bin, whatever was scanned, and carry no booked serial when blind", () => {
    expect(goods.booked).toBeNull();
    expect(opened({}, false).bins[0]!.goods.find((one) => one.item === "D-1")!.booked).toEqual(["S0", "S1"]);
    const view = viewBin(sheet, bin, [scanned("S1"), scanned("S2")]);
    expect(view.rows.filter((one) => one.item.item === "D-1")).toHaveLength(1);
    expect(row([scanned("S1"), scanned("S2")]).serials!.found.map((one) => one.serial)).toEqual(["S0", "S1", "S2"]);
  });
  it("are counted once the person says that was all, and not before", () => {
    expect(isCounted(row([scanned("S1")]))).toBe(false);
    expect(isCounted(row([scanned("S1"), entry({ kind: "all", item: "D-1", quantity: null })]))).toBe(true);
    expect(isCounted(row([entry({ kind: "all", item: "D-1", state: "refused" })]))).toBe(false);
    expect(isCounted(row([], opened({ all_scanned: true })))).toBe(true);
  });
  it("are asked about again after one was taken back that had left the device", () => {
    const said = entry({ kind: "all", item: "D-1" });
    const back = entry({ kind: "undo", item: "D-1", lot: "S1", target: "x" });
    expect(isAllScanned("D-1", goods, [said, back])).toBe(false);
    expect(isAllScanned("D-1", { ...goods, all_scanned: true }, [back])).toBe(false);
    expect(isAllScanned("D-1", goods, [said, back, entry({ kind: "all", item: "D-1" })])).toBe(true);
    expect(isAllScanned("D-1", goods, [said, entry({ ...back, state: "cancelled" })])).toBe(true);
  });
  it("lose a serial that was undone, even when the server had heard it", () => {
    const mine = scanned("S0", { id: "far", undone: true });
    expect(serialsOf("D-1", goods, [mine])).toEqual([]);
    expect(serialsOf("D-1", goods, [scanned("S0", { state: "refused" })]).map((one) => one.entry)).toEqual([null]);
  });
  it("found where nobody expected them are one row, too", () => {
    const other = sheet.bins[2]!;
    const view = viewBin(sheet, other, [scanned("S7", { bin: "W1-03" }), scanned("S8", { bin: "W1-03" })]);
    expect(view.rows).toHaveLength(1);
    expect(view).toMatchObject({ open: 1, done: false, rows: [{ goods: null, lot: null, serials: { all: false } }] });
  });
  it("in an empty bin are said to be all scanned, not counted as a nameless zero", () => {
    const drafts = emptyDrafts(sheet, viewBin(sheet, bin, []));
    expect(drafts.filter((one) => one.item === "D-1")).toEqual([allDraft(7, "W1-01", drill as never)]);
  });
});

it("that all was scanned goes after the scans before it, so that none of them is taken for missing", () => {
  const [one, all, two] = [scanned("S1"), entry({ kind: "all", item: "D-1" }), scanned("S2")];
  expect(nextToSend([one, all, two])).toEqual({ kind: "scans", entries: [one] });
  expect(nextToSend([{ ...one, state: "acknowledged" }, all, two])).toEqual({ kind: "single", entry: all });
  expect(nextToSend([{ ...one, state: "acknowledged" }, { ...all, state: "acknowledged" }, two])).toEqual({ kind: "scans", entries: [two] });
});

describe("a scan on the list of serials", () => {
  const read = (text: string) => readSerial(sheet, goods, text, 2026);
  it("is one serial of one piece, as the text stands", () => {
    expect(read("00017")).toEqual({ kind: "serial", serial: "00017", expires: null });
    expect(serialDraft(7, "W1-01", goods, "00017", null)).toMatchObject({ kind: "scan", lot: "00017", quantity: "1", unit: "u" });
  });
  it("takes serial and expiry from a GS1 label of these goods", () => {
    expect(read("0106901234567915172612312100017")).toEqual({ kind: "serial", serial: "00017", expires: "2026-12-31" });
  });
  it("is no serial when it names the goods, other goods or a bin", () => {
    expect(read("D-1")).toEqual({ kind: "item" });
    expect(read("0106901234567915")).toEqual({ kind: "item" });
    expect(read("1E5")).toEqual({ kind: "other", text: "1E5" });
    expect(read("0106920000000005210001").kind).toBe("other");
    expect(read("loc-02")).toEqual({ kind: "bin", bin: "W1-02" });
    expect(read("0106901234567916").kind).toBe("bad_label");
  });
  it("of the goods' label in the bin leads to the list, serial and all", () => {
    const heard = resolveGoods(sheet, bin, "0106901234567915" + "21S9", 2026);
    expect(heard).toMatchObject({ kind: "listed", goods: [{ item: "D-1" }], label: { serial: "S9" } });
  });
});
