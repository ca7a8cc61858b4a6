import { describe, expect, it } from "vitest";
import { readLot, resolveBin, resolveGoods } from "../src/rules/resolve";
import { sheet } from "./sample";

const opened = sheet();
const bin = opened.bins[0]!;
const scan = (text: string) => resolveGoods(opened, bin, text, 2026);

describe("bin labels", () => {
  it("are right by code or barcode, whatever the case", () => {
    expect(resolveBin(opened.bins, "W1-01", "loc-01").kind).toBe("right");
    expect(resolveBin(opened.bins, "W1-01", " W1-01 ").kind).toBe("right");
  });
  it("of another bin are named, and unknown ones are unknown", () => {
    expect(resolveBin(opened.bins, "W1-01", "LOC-02")).toMatchObject({ kind: "other", bin: { bin: "W1-02" } });
    expect(resolveBin(opened.bins, "W1-01", "W1")).toEqual({ kind: "unknown", text: "W1" });
  });
});

describe("goods", () => {
  it("are found by item code, WMS code or barcode", () => {
    for (const code of ["00123", "S-123", "6901234567892", "06901234567892", "s-123"]) {
      expect(scan(code)).toMatchObject({ kind: "listed", goods: [{ item: "00123" }] });
    }
  });
  it("codes are text: no leading zero is dropped, no power is worked out", () => {
    expect(scan("123").kind).toBe("unknown");
    expect(scan("1e5")).toMatchObject({ kind: "found", items: [{ item: "1E5" }] });
  });
  it("in several lots are left to the person", () => {
    expect(scan("P-7")).toMatchObject({ kind: "listed", goods: [{ lot: "L1" }, { lot: "L2" }] });
  });
  it("with the lot on the label come out as one line", () => {
    expect(scan("]C1010692000000000510L2")).toMatchObject({ kind: "listed", goods: [{ lot: "L2" }], label: { lot: "L2" } });
  });
  it("in a lot that is not on the list are found goods", () => {
    expect(scan("(01)06920000000005(10)L9")).toMatchObject({ kind: "found", items: [{ item: "P-7" }], label: { lot: "L9" } });
  });
  it("not on the list are found goods", () => {
    expect(scan("100000")).toMatchObject({ kind: "found", items: [{ item: "1E5" }] });
  });
  it("a bin label instead of goods is told apart", () => {
    expect(scan("LOC-02")).toMatchObject({ kind: "bin", bin: { bin: "W1-02" } });
  });
  it("a damaged label is not an unknown item", () => {
    expect(scan("]C10106901234567893")).toEqual({ kind: "bad_label", error: "check_digit" });
  });
  it("unknown text offers what looks like it", () => {
    expect(scan("Pow")).toMatchObject({ kind: "unknown", similar: [{ item: "1E5" }] });
  });
});

it("a lot is read from a GS1 label or taken as typed", () => {
  expect(readLot("(01)06920000000005(10)L9", 2026)).toBe("L9");
  expect(readLot(" L9 ", 2026)).toBe("L9");
  expect(readLot("  ", 2026)).toBeNull();
  expect(readLot("]C1010692000000000910L9", 2026)).toBeNull();
});
