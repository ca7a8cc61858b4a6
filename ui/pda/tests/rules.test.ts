import { describe, expect, it } from "vitest";
import { fits, inBase, LONGEST, press, typed, type Key } from "../src/rules/quantity";

function type(keys: string, decimals: number): { text: string; refusals: (string | null)[] } {
  let text = "";
  const refusals: (string | null)[] = [];
  for (const one of keys) {
    const key = (one === "." ? "dot" : one === "<" ? "back" : one) as Key;
    const pressed = press(text, key, decimals);
    text = pressed.text;
    refusals.push(pressed.refusal);
  }
  return { text, refusals: refusals.filter((one) => one !== null) };
}

describe("keypad", () => {
  it("takes whole pieces only and says why a point is refused", () => {
    expect(type("1.2", 0)).toEqual({ text: "12", refusals: ["no_decimals"] });
  });
  it("takes as many decimals as the unit has and no more", () => {
    expect(type("1.2345", 3)).toEqual({ text: "1.234", refusals: ["too_many_decimals"] });
  });
  it("writes a leading point as 0. and drops leading zeros", () => {
    expect(type(".5", 2).text).toBe("0.5");
    expect(type("007", 0).text).toBe("7");
    expect(type("00", 0).text).toBe("0");
  });
  it("ignores a second point", () => {
    expect(type("1.5.5", 2)).toEqual({ text: "1.55", refusals: [] });
  });
  it("refuses a barcode typed as a quantity", () => {
    expect(type("6901234567892", 0)).toEqual({ text: "6901234", refusals: Array(13 - LONGEST).fill("too_long") });
  });
  it("takes back one digit at a time", () => {
    expect(type("12.<<3", 1).text).toBe("13");
  });
});

describe("a typed quantity", () => {
  it("is nothing until a digit is typed, and zero only when zero is typed", () => {
    expect(typed("")).toBeNull();
    expect(typed(".")).toBeNull();
    expect(typed("0")).toBe("0");
    expect(typed("2.")).toBe("2");
    expect(typed("1.50")).toBe("1.50");
  });
  it("may move to another unit only if that allows its decimals", () => {
    expect(fits("1.5", 0)).toBe(false);
    expect(fits("1.5", 1)).toBe(true);
    expect(fits("15", 0)).toBe(true);
  });
});

describe("base units", () => {
  it("come out exactly, without floats", () => {
    expect(inBase("2", { numerator: "12", denominator: "1" })).toBe("24");
    expect(inBase("0.3", { numerator: "0.1", denominator: "1" })).toBe("0.03");
    expect(inBase("1500", { numerator: "1", denominator: "1000" })).toBe("1.5");
    expect(inBase("0", { numerator: "12", denominator: "1" })).toBe("0");
    expect(inBase("100", { numerator: "1", denominator: "1" })).toBe("100");
  });
  it("are not shown when they do not come out", () => {
    expect(inBase("1", { numerator: "1", denominator: "3" })).toBeNull();
  });
});
