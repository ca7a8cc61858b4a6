import type { Policy, PolicyLevel, PolicyRule, Tolerance } from "@shared/model";

/** The single words of a policy, in the order they are shown. */
export const WORDS = [
  "tolerance.percent", "tolerance.quantity", "tolerance.value", "within_tolerance", "max_passes", "supervisor_from_pass", "uncounted", "blind",
  "double_blind", "sheet_lines", "sheets_by", "ambiguity_seconds", "quiet_seconds", "counted_in_wms", "cycle", "drift", "freeze", "skills",
] as const;
export type Word = (typeof WORDS)[number];
export type Item = PolicyRule | PolicyLevel;
export type Section = "rules" | "approval";

export type Change =
  | { of: "word"; word: Word; before: unknown; after: unknown }
  | { of: Section; what: "added" | "removed"; name: string; item: Item }
  | { of: Section; what: "changed"; name: string; before: Item; after: Item }
  | { of: Section; what: "moved"; name: string; from: number; to: number };

/** What a version means that was stored before there was such a word. */
const FORMERLY: Partial<Record<Word, unknown>> = { sheets_by: "zone", cycle: {}, freeze: "none", skills: [] };

export function wordOf(policy: Policy, word: Word): unknown {
  if (word.startsWith("tolerance.")) return policy.tolerance[word.slice(10) as keyof Tolerance] ?? null;
  return policy[word as keyof Policy] ?? FORMERLY[word];
}

/** Equal for the server: order of keys, missing and null, 2 and "2", and empty lists make no difference. */
export function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(plain(a)) === JSON.stringify(plain(b));
}

function plain(value: unknown): unknown {
  if (value === null || value === undefined || value === "") return undefined;
  if (typeof value === "number") return String(value);
  if (Array.isArray(value)) return value.length ? value.map((one) => plain(one)) : undefined;
  if (typeof value !== "object") return value;
  const filled = Object.entries(value).map(([name, inner]) => [name, plain(inner)] as const).filter(([, inner]) => inner !== undefined);
  // An empty tolerance is one without limits and not the policy's own.
  return Object.fromEntries(filled.sort(([x], [y]) => (x < y ? -1 : 1)));
}

/** What has to be done to `before` to get `after`. */
export function difference(before: Policy, after: Policy): Change[] {
  const words = WORDS.filter((word) => !same(wordOf(before, word), wordOf(after, word)));
  return [
    ...words.map((word): Change => ({ of: "word", word, before: wordOf(before, word), after: wordOf(after, word) })),
    ...listed("rules", before.rules, after.rules),
    ...listed("approval", before.approval, after.approval),
  ];
}

/** Rules and levels are known by their names; their order decides, so one that changed its place among those that stayed is told. */
function listed(of: Section, before: Item[], after: Item[]): Change[] {
  const old = new Map(before.map((item) => [item.name, item]));
  const now = new Map(after.map((item) => [item.name, item]));
  const changes: Change[] = before.filter(({ name }) => !now.has(name)).map((item) => ({ of, what: "removed", name: item.name, item }));
  const stayed = before.map(({ name }) => name).filter((name) => now.has(name));
  const order = after.map(({ name }) => name).filter((name) => old.has(name));
  const moved = new Set(displaced(stayed, order));
  after.forEach((item, index) => {
    const was = old.get(item.name);
    if (!was) changes.push({ of, what: "added", name: item.name, item });
    else if (!same(was, item)) changes.push({ of, what: "changed", name: item.name, before: was, after: item });
    if (was && moved.has(item.name)) changes.push({ of, what: "moved", name: item.name, from: before.indexOf(was) + 1, to: index + 1 });
  });
  return changes;
}

/** The fewest names that have to move to get from one order to the other: those outside the longest common run. */
function displaced(before: string[], after: string[]): string[] {
  const at = after.map((name) => before.indexOf(name));
  const best: number[][] = [];
  at.forEach((place, index) => {
    const longest = at.slice(0, index).reduce<number[]>((found, earlier, other) => (earlier < place && best[other]!.length > found.length ? best[other]! : found), []);
    best.push([...longest, index]);
  });
  const kept = best.reduce<number[]>((found, one) => (one.length > found.length ? one : found), []);
  return after.filter((_, index) => !kept.includes(index));
}

/** My changes to `base` made to `theirs`: what I did not touch is theirs. `both`: what both of us changed, where mine stays. */
export function rebased(base: Policy, mine: Policy, theirs: Policy): { policy: Policy; both: (Word | Section)[] } {
  const policy: Policy = { ...theirs, tolerance: { ...theirs.tolerance } };
  const both: (Word | Section)[] = [];
  const clash = (name: Word | Section, ours: unknown, others: unknown, was: unknown): void => {
    if (!same(others, was) && !same(others, ours)) both.push(name);
  };
  for (const word of WORDS) {
    const ours = wordOf(mine, word);
    if (same(ours, wordOf(base, word))) continue;
    clash(word, ours, wordOf(theirs, word), wordOf(base, word));
    if (word.startsWith("tolerance.")) policy.tolerance[word.slice(10) as keyof Tolerance] = ours as string | null;
    else Object.assign(policy, { [word]: ours });
  }
  for (const section of ["rules", "approval"] as const) {
    if (same(mine[section], base[section])) continue;
    clash(section, mine[section], theirs[section], base[section]);
    Object.assign(policy, { [section]: mine[section] });
  }
  return { policy, both };
}
