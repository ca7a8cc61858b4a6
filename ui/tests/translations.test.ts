import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import en from "../console/src/locales/en.json";
import zh from "../console/src/locales/zh-CN.json";

type Words = { [key: string]: string | Words };

const SOURCES = fileURLToPath(new URL("../console/src", import.meta.url));

function flatten(words: Words, prefix = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(words)) {
    // English has a form of its own for one; Chinese has not.
    if (typeof value === "string") found.set(prefix + key.replace(/_(one|other)$/, ""), value);
    else flatten(value, `${prefix}${key}.`).forEach((text, path) => found.set(path, text));
  }
  return found;
}

const texts = { "zh-CN": flatten(zh), en: flatten(en) };
const code = readdirSync(SOURCES, { recursive: true, encoding: "utf-8" })
  .filter((name) => /\.tsx?$/.test(name))
  .map((name) => [name, readFileSync(`${SOURCES}/${name}`, "utf-8")] as const);

/** Keys written out: t("a.b"), and those in tables of keys such as name: "nav.today". */
function literalKeys(source: string): string[] {
  return [...source.matchAll(/\bt\(\s*(?:[\w.=! ]+\?\s*)?"([\w.]+)"(?:\s*:\s*"([\w.]+)")?/g), ...source.matchAll(/\bname: "(nav\.\w+)"/g)]
    .flatMap(([, first, second]) => [first, second])
    .filter((key) => key !== undefined);
}

/** Keys with a changing part, as a pattern: t(`decide.${decision}Title`). */
function patternKeys(source: string): RegExp[] {
  return [...source.matchAll(/\bt\(`([^`]+)`/g)].map(
    ([, key]) => new RegExp(`^${(key ?? "").replaceAll(".", "\\.").replace(/\$\{[^}]*\}/g, "\\w+")}$`),
  );
}

describe("translations", () => {
  it("has the same keys in both languages", () => {
    expect([...texts.en.keys()].sort()).toEqual([...texts["zh-CN"].keys()].sort());
  });

  it("has a text for every key and the same placeholders in both languages", () => {
    const holders = (text: string): string[] => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name ?? "").sort();
    for (const [key, text] of texts.en) {
      expect(text.trim(), key).not.toBe("");
      expect(holders(texts["zh-CN"].get(key) ?? ""), key).toEqual(holders(text));
    }
  });

  it.each(code)("%s uses only keys that exist", (_name, source) => {
    const missing = literalKeys(source).filter((key) => !texts.en.has(key));
    expect(missing).toEqual([]);
    const dead = patternKeys(source).filter((pattern) => ![...texts.en.keys()].some((key) => pattern.test(key)));
    expect(dead).toEqual([]);
  });

  it("has no text that nothing uses", () => {
    const all = code.map(([, source]) => source).join("\n");
    const literal = new Set(literalKeys(all));
    const patterns = patternKeys(all);
    const vocabularies = [...(/export type Vocabulary =([^;]+);/.exec(all)?.[1] ?? "").matchAll(/"(\w+)"/g)].map(([, name]) => name);
    const unused = [...texts.en.keys()].filter(
      (key) => !literal.has(key) && !patterns.some((pattern) => pattern.test(key)) && !vocabularies.includes(key.split(".")[0]),
    );
    expect(unused).toEqual([]);
  });

  it("writes no Chinese in code, where it could not be translated", () => {
    // The product's own name and the names of the languages are the same everywhere.
    const allowed = /盘桥|中文/g;
    const found = code.filter(([, source]) => /\p{Script=Han}/u.test(source.replace(allowed, ""))).map(([name]) => name);
    expect(found).toEqual([]);
  });
});
