import { describe, expect, it } from "vitest";
import { better, Clock, isoWithOffset, measure } from "../src/data/clock";
import { newUuid } from "../src/data/uuid";
import { Burst, GAP } from "../src/scan/burst";

describe("clock", () => {
  it("takes the middle of the round trip", () => {
    expect(measure("2026-03-01T00:00:10.000Z", Date.UTC(2026, 2, 1), Date.UTC(2026, 2, 1) + 400)).toMatchObject({ offset: 9800, roundTrip: 400 });
    expect(measure("nonsense", 0, 1)).toBeNull();
  });
  it("keeps the sharper measurement until it is stale or contradicted", () => {
    const sharp = { offset: 1000, roundTrip: 40, at: 0 };
    expect(better(sharp, { offset: 1200, roundTrip: 900, at: 1000 })).toBe(sharp);
    expect(better(sharp, { offset: 1200, roundTrip: 900, at: 700_000 }).offset).toBe(1200);
    expect(better(sharp, { offset: 60_000, roundTrip: 900, at: 1000 }).offset).toBe(60_000);
    expect(better(sharp, { offset: 990, roundTrip: 20, at: 1000 }).offset).toBe(990);
  });
  it("writes the true time with offset and keeps what it learnt over a reload", () => {
    const kept = new Map<string, string>();
    const storage = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) };
    const now = Date.UTC(2026, 2, 1, 1, 30);
    new Clock(() => now, storage).learn("2026-03-01T01:32:00Z", now);
    const stamp = new Clock(() => now, storage).stamp();
    expect(Date.parse(stamp)).toBe(now + 120_000);
    expect(stamp).toMatch(/[+-]\d\d:\d\d$/);
  });
  it("writes zones east, west and between the hours", () => {
    const at = Date.UTC(2026, 2, 1, 1, 30, 0, 120);
    expect(isoWithOffset(at, 480)).toBe("2026-03-01T09:30:00.120+08:00");
    expect(isoWithOffset(at, -210)).toBe("2026-02-28T22:00:00.120-03:30");
    expect(isoWithOffset(at, 0)).toBe("2026-03-01T01:30:00.120+00:00");
  });
});

it("uuids need no secure context, are version 4 and differ", () => {
  const made = Array.from({ length: 500 }, () => newUuid());
  expect(new Set(made).size).toBe(500);
  for (const one of made) expect(one).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

describe("a scanner's burst", () => {
  function keys(text: string[], gap: number, ctrl: string[] = []): (string | null)[] {
    const burst = new Burst();
    return text.map((key, at) => burst.push({ key, ctrl: ctrl.includes(key), at: at * gap }));
  }
  it("ends in Enter and is told from typing by its speed", () => {
    expect(keys([..."6901", "Enter"], 10).at(-1)).toBe("6901");
    expect(keys([..."6901", "Enter"], GAP * 2).at(-1)).toBeNull();
  });
  it("passes over Shift and knows the separator", () => {
    expect(keys(["Shift", "A", "Shift", "b", "]", "c", "Enter"], 5, ["]"]).at(-1)).toBe("Ab\u001dc");
    expect(keys(["A", "F8", "b", "Enter"], 5).at(-1)).toBe("A\u001db");
  });
  it("does not take what was typed before it", () => {
    const burst = new Burst();
    burst.push({ key: "9", ctrl: false, at: 0 });
    [..."ABC"].forEach((key, at) => burst.push({ key, ctrl: false, at: 500 + at * 5 }));
    expect(burst.push({ key: "Enter", ctrl: false, at: 520 })).toBe("ABC");
  });
});
