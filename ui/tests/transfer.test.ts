import type { Explanation, Story } from "@shared/model";
import { describe, expect, it } from "vitest";
import { transferOf, transfersOf } from "../console/src/parts/transfer";

const story = (transfer: boolean, ...others: [number, string][]): Story => ({
  cause: transfer ? "bin_swap" : "digit_added", suspect: "shelf", sure: "strong", one_in: null, transfer, sentence: "",
  others: others.map(([line, variance]) => ({ line, bin: "B", item: "A", lot: null, variance })),
});
const line = (id: number, variance: string, ...stories: Story[]): { id: number; variance: string; explanation: Explanation } => ({
  id, variance, explanation: { decided: stories.length === 1, stories, gap: null },
});

describe("the lines of a transfer", () => {
  it("are the line and its partners, each with its own variance", () => {
    expect(transferOf(line(1, "-12", story(true, [2, "12"])))).toEqual([{ id: 1, variance: "-12" }, { id: 2, variance: "12" }]);
  });

  it("are none where another story is told, or two, or nothing", () => {
    expect(transferOf(line(1, "-12", story(false)))).toEqual([]);
    expect(transferOf(line(1, "-12", story(true, [2, "12"]), story(true, [3, "12"])))).toEqual([]);
    expect(transferOf({ id: 1, variance: "-12", explanation: null })).toEqual([]);
  });

  it("stand once in a choice that holds both ends, and a choice with a stranger holds none", () => {
    const ends = [line(1, "-12", story(true, [2, "12"])), line(2, "12", story(true, [1, "-12"]))];
    expect(transfersOf(ends).map(({ id }) => id)).toEqual([1, 2]);
    expect(transfersOf([...ends, line(3, "5")])).toEqual([]);
    expect(transfersOf([])).toEqual([]);
  });
});
