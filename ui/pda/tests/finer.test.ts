import { describe, expect, it } from "vitest";
import { finerOf, readSheet } from "../src/data/model";
import { emptyDrafts, viewBin } from "../src/rules/counted";
import { resolveGoods } from "../src/rules/resolve";
import { entry, RAW } from "./sample";

const raw = structuredClone(RAW);
const screw = raw.bins[1]!.goods[0]!;
const held = { ...screw, line: 11, status: "HOLD" };
const theirs = { ...screw, line: 12, owner: "ACME" };
raw.bins[1]!.goods = [screw, held, theirs];
const opened = readSheet(raw);
const bin = opened.bins[0]!;

describe("goods of one item on hold, of a customer and free in one bin", () => {
  it("are left to the person who scans them", () => {
    expect(resolveGoods(opened, bin, "00123", 2026)).toMatchObject({ kind: "listed", goods: [{ status: null }, { status: "HOLD" }, { owner: "ACME" }] });
  });
  it("are counted each for itself", () => {
    const view = viewBin(opened, bin, [entry({ quantity: "3", finer: finerOf(bin.goods[1]!) })]);
    expect(view.rows.map((row) => row.portions.map(({ quantity }) => quantity))).toEqual([[], ["3"], []]);
    expect(view.open).toBe(2);
  });
  it("are each emptied by name", () => {
    const drafts = emptyDrafts(opened, viewBin(opened, bin, [entry({ finer: finerOf(bin.goods[0]!) })]));
    expect(drafts.map(({ finer }) => [finer?.status, finer?.owner])).toEqual([["HOLD", null], [null, "ACME"]]);
  });
  it("an entry of an older page, which says nothing, is that of the free goods", () => {
    const old = entry({ quantity: "4" });
    delete old.finer;
    expect(viewBin(opened, bin, [old]).rows[0]!.portions).toHaveLength(1);
  });
});
