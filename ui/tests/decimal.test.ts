import { describe, expect, it } from "vitest";
import { add, compare, formatDecimal, formatMoney, formatShare, isDecimal, negate, signOf } from "@shared/decimal";

describe("decimal text stays exact", () => {
  it("adds without floating point", () => {
    expect(add("0.1", "0.2")).toBe("0.3");
    expect(add("99999999999999999999.999", "0.001")).toBe("100000000000000000000.000");
    expect(add()).toBe("0");
    expect(add("-0.5", "0.25")).toBe("-0.25");
  });

  it("negates, compares and knows its sign", () => {
    expect(negate("-12.50")).toBe("12.50");
    expect(negate("0")).toBe("0");
    expect(compare("1.10", "1.1")).toBe(0);
    expect(compare("-2", "-10")).toBe(1);
    expect([signOf("-0.00"), signOf("0.001"), signOf("-3"), signOf(null)]).toEqual([0, 1, -1, 0]);
  });

  it("writes quantities with groups, a true minus and no invented digits", () => {
    expect(formatDecimal("1234567.500")).toBe("1,234,567.5");
    expect(formatDecimal("-1234.05", { signed: true })).toBe("−1,234.05");
    expect(formatDecimal("7", { signed: true })).toBe("+7");
    expect(formatDecimal("-0.000", { signed: true })).toBe("0");
    expect(formatDecimal("12345678901234567890.123456789")).toBe("12,345,678,901,234,567,890.123456789");
    expect(formatDecimal(null)).toBe("—");
    expect(formatDecimal("00123")).toBe("123");
    expect(formatDecimal("n/a")).toBe("n/a");
  });

  it("writes money with sign before symbol", () => {
    expect(formatMoney("-1234.5", "CNY", true)).toBe("−¥1,234.50");
    expect(formatMoney("0.125", "EUR", true)).toBe("+€0.125");
    expect(formatMoney("10", "VND")).toBe("VND 10.00");
  });

  it("never rounds a share up to 100%", () => {
    expect(formatShare("0.999999")).toBe("99.99%");
    expect(formatShare("1.000000")).toBe("100%");
    expect(formatShare("0.982100")).toBe("98.21%");
  });

  it("tells numbers from codes", () => {
    expect(["1", "-1.5", ".5", "1E5", "", "-", "1,000"].map(isDecimal)).toEqual([true, true, true, false, false, false, false]);
  });
});
