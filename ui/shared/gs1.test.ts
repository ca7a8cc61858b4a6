import { describe, expect, it } from "vitest";
import { gtin14, hasValidCheckDigit, parseGs1 } from "./gs1";
import vectors from "./gs1.vectors.json";

interface Vector {
  name: string;
  text: string;
  year: number;
  expect?: Record<string, string>;
  error?: string;
  ai?: string;
}
const NOTHING = { gtin: null, content: null, lot: null, expiry: null, serial: null, quantity: null };

describe("GS1 vectors", () => {
  for (const vector of vectors.cases as Vector[]) {
    it(vector.name, () => {
      const result = parseGs1(vector.text, vector.year);
      if (vector.error) expect(result).toEqual({ ok: false, error: vector.error, ai: vector.ai ?? null });
      else expect(result).toEqual({ ok: true, value: { ...NOTHING, ...vector.expect } });
    });
  }
});

describe("GTIN", () => {
  it("is compared as 14 digits whatever its length", () => {
    expect(gtin14("6901234567892")).toBe("06901234567892");
    expect(gtin14("96385074")).toBe("00000096385074");
    expect(gtin14("036000291452")).toBe("00036000291452");
  });
  it("is refused with a wrong check digit, wrong length or letters", () => {
    expect(gtin14("6901234567893")).toBeNull();
    expect(gtin14("12345")).toBeNull();
    expect(gtin14("69012345678AB")).toBeNull();
  });
  it("notices every single wrong digit", () => {
    const good = "06901234567892";
    for (let at = 0; at < good.length; at += 1) {
      const wrong = good.slice(0, at) + String((Number(good[at]) + 1) % 10) + good.slice(at + 1);
      expect(hasValidCheckDigit(wrong)).toBe(false);
    }
  });
});
