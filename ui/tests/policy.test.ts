import type { Policy, PolicyRule } from "@shared/model";
import i18next, { type TFunction } from "i18next";
import { beforeAll, describe, expect, it } from "vitest";
import en from "../console/src/locales/en.json";
import zh from "../console/src/locales/zh-CN.json";
import { difference, rebased, same } from "../console/src/pages/policies/difference";
import { shifted, tidied } from "../console/src/pages/policies/draft";
import { cycleWords, levelSentence, ruleSentence } from "../console/src/pages/policies/sentences";

const POLICY: Policy = {
  tolerance: { percent: "2", quantity: "1", value: "100" }, ambiguity_seconds: 30, uncounted: "ignore", within_tolerance: "post", blind: true,
  double_blind: false, max_passes: 3, supervisor_from_pass: 3, sheet_lines: 40, sheets_by: "zone", quiet_seconds: 60, counted_in_wms: [], rules: [], approval: [],
  cycle: {}, drift: "propose", freeze: "none", skills: [],
};
const rule = (name: string, more: Partial<PolicyRule> = {}): PolicyRule => ({ name, ...more });
const policy = (change: Partial<Policy>): Policy => ({ ...POLICY, ...change });
let t: TFunction;

beforeAll(async () => {
  await i18next.init({ lng: "en", resources: { en: { translation: en }, "zh-CN": { translation: zh } }, interpolation: { escapeValue: false }, nsSeparator: false });
  t = i18next.t;
});

describe("a rule in words", () => {
  it("says what a line must be and what follows", () => {
    const expensive = rule("expensive", { price_from: "1000", tolerance: { quantity: "0" }, max_passes: 2 });
    expect(ruleSentence(t, expensive, POLICY, "CNY")).toBe(
      "price from ¥1,000.00 → tolerance 0 base units: within it the variance is posted, beyond it recount (at most 2 counts), then approval",
    );
  });

  it("takes from the policy what it leaves out, and never a recount where one count is all there is", () => {
    const spare = rule("spare", { classes: ["SP", "SQ"], zones: ["S"], within: "keep_book", max_passes: 1 });
    expect(ruleSentence(t, spare, POLICY, "EUR")).toBe(
      "zone S and class SP or SQ → tolerance 2 %, 1 base unit, €100.00: within it the book is kept, beyond it approval at once",
    );
    expect(ruleSentence(t, rule("rest"), policy({ tolerance: {} }), "EUR")).toMatch(/^every line → tolerance without limit/);
  });

  it("names likely causes by their words", () => {
    expect(ruleSentence(t, rule("next door", { causes: ["bin_swap", "lot_swap"], beyond: "approve" }), POLICY, "CNY")).toMatch(
      /^likely cause Bins swapped or Lots swapped → .*beyond it approval at once$/,
    );
  });

  it("names kinds and circumstances by their words, in Chinese too", async () => {
    await i18next.changeLanguage("zh-CN");
    const said = ruleSentence(i18next.t, rule("x", { kinds: ["spot"], reasons: ["negative_book"], beyond: "approve" }), POLICY, "CNY");
    await i18next.changeLanguage("en");
    expect(said).toBe("盘点类型为 抽盘，且情况为 账面为负 → 容差 2 %、1 个基本单位、¥100.00：之内差异过账，超出则直接审批");
  });

  it("says who signs for how much, and from when somebody else may", () => {
    expect(levelSentence(t, { name: "1", users: ["qian"], substitutes: ["root"], net: "500", absolute: "2000.5", due_hours: 1 }, "CNY")).toBe(
      "net up to ¥500.00 and absolute up to ¥2,000.50 → qian within 1 hour, then root as well",
    );
    expect(levelSentence(t, { name: "2" }, "CNY")).toBe("any sum → whoever may approve in all warehouses within 24 hours");
  });
});

describe("the calendar in words", () => {
  it("says how often, with what the server takes where it is left out", () => {
    expect(cycleWords(t, { days: { A: 30, C: 180 }, most_bins: 20 })).toBe("A every 30 days, C every 180 days, every bin within 365 days, at most 20 bins a day, Blind");
    expect(cycleWords(t, {})).toBe("the calendar orders nothing");
  });
});

describe("the difference of two policies", () => {
  it("is none for what the server reads alike", () => {
    const told = policy({ tolerance: { percent: "2", value: "100", quantity: "1" }, rules: [rule("a", { zones: [], price_from: null })] });
    expect(difference(told, policy({ rules: [rule("a")] }))).toEqual([]);
    const { cycle: _cycle, sheets_by: _by, ...older } = POLICY;
    expect(difference(older as Policy, POLICY)).toEqual([]);
    expect(same({ max_passes: 2 }, { max_passes: "2" })).toBe(true);
    expect(same({ tolerance: {} }, {})).toBe(false);
  });

  it("names each word with what it was and is", () => {
    expect(difference(POLICY, policy({ tolerance: { percent: "5", quantity: "1", value: null }, blind: false }))).toEqual([
      { of: "word", word: "tolerance.percent", before: "2", after: "5" },
      { of: "word", word: "tolerance.value", before: "100", after: null },
      { of: "word", word: "blind", before: true, after: false },
    ]);
  });

  it("tells rules that came, went, changed and moved, and only the one that moved", () => {
    const before = policy({ rules: [rule("a"), rule("b"), rule("c"), rule("d")] });
    const after = policy({ rules: [rule("d"), rule("a"), rule("c", { max_passes: 1 }), rule("e")] });
    expect(difference(before, after).map((one) => (one.of === "word" ? one.word : `${one.what} ${one.name}`))).toEqual([
      "removed b", "moved d", "changed c", "added e",
    ]);
  });
});

describe("two people at one policy", () => {
  it("keeps the other's calendar, and lets mine be switched off", () => {
    const calendar = { days: { A: 30 }, any_bin: 365 };
    expect(rebased(POLICY, policy({ drift: "report" }), policy({ cycle: calendar })).policy.cycle).toEqual(calendar);
    const off = rebased(policy({ cycle: calendar }), policy({ cycle: {} }), policy({ cycle: calendar, drift: "report" }));
    expect([off.policy.cycle, off.policy.drift, off.both]).toEqual([{}, "report", []]);
    expect(difference(policy({ cycle: calendar }), POLICY).map((one) => one.of === "word" && one.word)).toEqual(["cycle"]);
  });

  it("keeps what each of them changed", () => {
    const mine = policy({ tolerance: { ...POLICY.tolerance, percent: "5" }, rules: [rule("mine")] });
    const theirs = policy({ tolerance: { ...POLICY.tolerance, value: "50" }, sheet_lines: 10 });
    const { policy: both, both: clashes } = rebased(POLICY, mine, theirs);
    expect(both).toEqual(policy({ tolerance: { percent: "5", quantity: "1", value: "50" }, sheet_lines: 10, rules: [rule("mine")] }));
    expect(clashes).toEqual([]);
  });

  it("says where both changed the same, and keeps mine", () => {
    const found = rebased(POLICY, policy({ max_passes: 2, rules: [rule("mine")], drift: "report" }), policy({ max_passes: 5, rules: [rule("theirs")], drift: "report" }));
    expect(found.both).toEqual(["max_passes", "rules"]);
    expect([found.policy.max_passes, found.policy.rules, found.policy.drift]).toEqual([2, [rule("mine")], "report"]);
  });
});

describe("a draft", () => {
  it("leaves out what was left empty, but not a tolerance without limits", () => {
    expect(tidied(rule("a", { zones: [], price_from: "", value_from: null, tolerance: {} }))).toEqual({ name: "a", tolerance: {} });
  });

  it("moves a row up and down and never out of the list", () => {
    expect(shifted(["a", "b", "c"], 2, 0)).toEqual(["c", "a", "b"]);
    expect(shifted(["a", "b", "c"], 0, 1)).toEqual(["b", "a", "c"]);
    expect(shifted(["a", "b"], 0, 2)).toEqual(["a", "b"]);
  });
});
