import type { PlanLink } from "@shared/model";
import { describe, expect, it } from "vitest";
import { EMPTY, type PlanForm, codesOf, formOf, missing, paramsOf, scopeOf, uninvited } from "../console/src/pages/plan/form";

const LINK: PlanLink = {
  link: "main", name: "Main", classes: ["powder"], abc: ["A"], freeze: { possible: true, usual: "none", why_not: null },
  zones: [
    { warehouse: "W1", zone: "A", bins: 2 },
    { warehouse: "W2", zone: "A", bins: 3 },
    { warehouse: "W2", zone: "S", bins: 4 },
  ],
};
const form = (change: Partial<PlanForm>): PlanForm => ({ ...EMPTY, ...change });

describe("the plan in the address", () => {
  it("comes back as it was written", () => {
    const written = form({
      link: "main", kind: "cycle", mode: "double_blind", name: "Q4 & more", freeze: "whole_zones", zones: ["W2/S", "W1/A"], classes: ["nuts, bolts"], abc: ["A"],
      items: ["00123", "1E5"], bins: ["S0101"], warehouses: ["W1"], days: 0, most: 7, draw: false,
    });
    expect(formOf(new URLSearchParams(paramsOf(written).toString()))).toEqual(written);
  });

  it("orders the bins taken from the list of those due, and else by age", () => {
    expect(scopeOf(form({ kind: "cycle", bins: ["S0101"], zones: ["W2/S"] }), LINK)).toEqual({ bins: ["S0101"] });
    expect(scopeOf(form({ kind: "cycle", days: 30, most: 5 }), LINK)).toEqual({ not_seen_days: 30, most_bins: 5 });
    expect(missing(form({ kind: "cycle", bins: ["S0101"], days: 0, most: 0 }))).toBeNull();
  });

  it("is empty for an empty form", () => {
    expect(paramsOf(EMPTY).toString()).toBe("");
    expect(formOf(new URLSearchParams())).toEqual(EMPTY);
  });

  it("does not take nonsense for a number or a mode", () => {
    expect(formOf(new URLSearchParams("days=-1&most=1e5&mode=loud"))).toEqual(EMPTY);
  });

  it("reads codes as a spreadsheet or a person writes them, each once and as text", () => {
    expect(codesOf(" A-01\tA-02\r\nA-01;00123\u3001S\uff0c1E5 ")).toEqual(["A-01", "A-02", "00123", "S", "1E5"]);
  });
});

describe("the scope of a plan", () => {
  it("holds only what its kind asks for", () => {
    const everything = { zones: ["W2/S"], classes: ["powder"], items: ["1E5"], bins: ["S0101"], warehouses: ["W2"] };
    expect(scopeOf(form({ ...everything, kind: "full" }), LINK)).toEqual({ warehouses: ["W2"] });
    expect(scopeOf(form({ ...everything, kind: "zone" }), LINK)).toEqual({ zones: ["S"] });
    expect(scopeOf(form({ ...everything, kind: "class" }), LINK)).toEqual({ zones: ["S"], classes: ["powder"], items: ["1E5"] });
    expect(scopeOf(form({ ...everything, kind: "spot", draw: false }), LINK)).toEqual({ bins: ["S0101"] });
    expect(scopeOf(form({ kind: "spot", most: 5 }), LINK)).toEqual({ most_bins: 5, at_random: true });
    expect(scopeOf(form({ kind: "cycle", days: 30, most: 5 }), LINK)).toEqual({ not_seen_days: 30, most_bins: 5 });
  });

  it("names the warehouse of a zone whose code another warehouse uses too", () => {
    expect(scopeOf(form({ zones: ["W1/A"] }), LINK)).toEqual({ zones: ["A"], warehouses: ["W1"] });
    expect(scopeOf(form({ zones: ["W1/A", "W2/A"] }), LINK)).toEqual({ zones: ["A"] });
  });

  it("says which zones come along uninvited", () => {
    expect(uninvited(form({ zones: ["W1/A", "W2/S"] }), LINK)).toEqual(["W2/A"]);
    expect(uninvited(form({ zones: ["W2/S"] }), LINK)).toEqual([]);
  });

  it("is not complete before there is something to count", () => {
    expect(missing(form({ kind: "zone" }))).toBe("zones");
    expect(missing(form({ kind: "class", zones: ["W1/A"] }))).toBe("goods");
    expect(missing(form({ kind: "spot", draw: false }))).toBe("bins");
    expect(missing(form({ kind: "spot", most: 0 }))).toBe("most");
    expect(missing(form({ kind: "cycle", days: 0, most: 0 }))).toBe("due");
    expect(missing(form({ kind: "full" }))).toBeNull();
  });
});
