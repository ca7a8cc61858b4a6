import { formatDecimal, formatMoney } from "@shared/decimal";
import type { Policy, PolicyCycle, PolicyLevel, PolicyRule, Tolerance } from "@shared/model";
import type { TFunction } from "i18next";
import { type Vocabulary, word } from "../../app/words";

/** Conditions that are lists of words, and what one of their words is called. */
export const SETS = ["warehouses", "zones", "classes", "abc", "kinds", "reasons", "causes"] as const;
export type Set = (typeof SETS)[number];

const BOOKS: Partial<Record<Set, Vocabulary>> = { kinds: "countKind", reasons: "lineReason", causes: "cause" };

export function called(set: Set, code: string): string {
  const book = BOOKS[set];
  return book === undefined ? code : word(book, code);
}

/** "2 %, 1 unit, ¥100": whichever is exceeded first; all of them zero is said as zero. */
export function toleranceWords(t: TFunction, { percent, quantity, value }: Tolerance, currency: string): string {
  const limits = [
    ...(percent == null ? [] : [`${formatDecimal(String(percent))} %`]),
    ...(quantity == null ? [] : [t("policies.units", { count: String(quantity) === "1" ? 1 : 2, quantity: formatDecimal(String(quantity)) })]),
    ...(value == null ? [] : [formatMoney(String(value), currency)]),
  ];
  return limits.length ? limits.join(t("list.comma")) : t("policies.noLimit");
}

/** "price from ¥1,000.00": what a line must be for the rule to decide. */
export function conditionWords(t: TFunction, rule: PolicyRule, currency: string): string {
  const said = SETS.filter((set) => rule[set]?.length).map((set) =>
    t("policies.isOne", { what: t(`policies.cond_${set}`), words: rule[set]!.map((one) => called(set, one)).join(t("policies.or")) }),
  );
  for (const limit of ["price_from", "value_from"] as const) {
    const amount = rule[limit];
    if (amount != null && amount !== "") said.push(t(`policies.cond_${limit}`, { amount: formatMoney(String(amount), currency) }));
  }
  return said.length ? said.join(t("policies.and")) : t("policies.everyLine");
}

/** "tolerance 0 units → posted; beyond it recount, at most 2 counts, then approval" */
export function consequenceWords(t: TFunction, rule: PolicyRule, policy: Policy, currency: string): string {
  const within = rule.within ?? policy.within_tolerance;
  const passes = rule.max_passes ?? policy.max_passes;
  const beyond = (rule.beyond ?? "recount") === "approve" || passes < 2 ? t("policies.thenApprove") : t("policies.thenRecount", { count: passes, passes });
  return t("policies.consequence", { tolerance: toleranceWords(t, rule.tolerance ?? policy.tolerance, currency), within: t(`policies.within_${within}`), beyond });
}

export function ruleSentence(t: TFunction, rule: PolicyRule, policy: Policy, currency: string): string {
  return `${conditionWords(t, rule, currency)} → ${consequenceWords(t, rule, policy, currency)}`;
}

/** "net up to ¥500.00 and absolute up to ¥2,000.00 → qian signs within 24 h, afterwards root too" */
export function levelSentence(t: TFunction, level: PolicyLevel, currency: string): string {
  const limits = (["net", "absolute"] as const)
    .filter((limit) => level[limit] != null && level[limit] !== "")
    .map((limit) => t(`policies.upTo_${limit}`, { amount: formatMoney(String(level[limit]), currency) }));
  const who = level.users?.length ? level.users.join(t("policies.or")) : t("policies.anyApprover");
  const hours = level.due_hours ?? 24;
  const after = level.substitutes?.length ? t("policies.substitutesAfter", { who: level.substitutes.join(t("policies.or")) }) : "";
  return `${limits.length ? limits.join(t("policies.and")) : t("policies.anySum")} → ${t("policies.signs", { who, count: hours, hours })}${after}`;
}

/** What the server takes where a calendar leaves something out. */
export const CYCLE = { any_bin: 365, most_bins: 50, mode: "blind" } as const;

/** "A every 30, B every 90 days; every bin within 365; at most 50 bins a day, blind" */
export function cycleWords(t: TFunction, cycle: PolicyCycle): string {
  if (!Object.keys(cycle).length) return t("policies.noCalendar");
  const classes = (["A", "B", "C"] as const).filter((one) => cycle.days?.[one] !== undefined).map((one) => t("policies.classEvery", { class: one, days: cycle.days?.[one] }));
  const told = { ...CYCLE, ...cycle };
  return [...classes, t("policies.anyBinEvery", { days: told.any_bin }), t("policies.mostADay", { bins: told.most_bins }), word("countMode", told.mode)].join(t("list.comma"));
}
