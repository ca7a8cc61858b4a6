import { ApiError } from "@shared/http";
import { describe, expect, it } from "vitest";
import { failureOf, readSingle } from "../src/data/server";

describe("a failed call", () => {
  it("says nothing about the entry unless our server itself refused it", () => {
    const kinds = (problem: unknown): string => failureOf(problem).kind;
    expect(kinds(new TypeError("failed to fetch"))).toBe("unreachable");
    expect(kinds(new SyntaxError("a proxy's page is no JSON"))).toBe("unreachable");
    expect(kinds(new ApiError(502, "ui.unreachable", "HTTP 502"))).toBe("unreachable");
    expect(kinds(new ApiError(404, "ui.unreachable", "HTTP 404"))).toBe("unreachable");
    expect(kinds(new ApiError(500, "api.failed", "…"))).toBe("unreachable");
    expect(kinds(new ApiError(429, "api.too_many", "…"))).toBe("unreachable");
  });
  it("is a refusal with the server's sentence, or asks to sign in", () => {
    expect(failureOf(new ApiError(422, "stocktake.sheet_not_done", "left: 3"))).toEqual({
      kind: "refused", code: "stocktake.sheet_not_done", message: "left: 3",
    });
    expect(failureOf(new ApiError(401, "people.token_expired", "sign in")).kind).toBe("signed_out");
  });
});

describe("an answer for one entry", () => {
  it("is good unless it says otherwise", () => {
    expect(readSingle("e", { submitted: true })).toEqual({ id: "e", ok: true, code: null, message: null });
    expect(readSingle("e", undefined).ok).toBe(true);
    expect(readSingle("e", { results: [{ ok: true }] }).ok).toBe(true);
  });
  it("is refused when one of its lines is", () => {
    const results = [{ ok: true }, { ok: false, code: "stocktake.bin_not_on_sheet", message: "not on the sheet" }];
    expect(readSingle("e", { results })).toEqual({ id: "e", ok: false, code: "stocktake.bin_not_on_sheet", message: "not on the sheet" });
  });
});
