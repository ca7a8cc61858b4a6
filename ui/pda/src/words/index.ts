import type { Language } from "@shared/time";
import { useSyncExternalStore } from "react";
import { en } from "./en";
import { zh } from "./zh";

/** Both languages have exactly the same keys: a missing one does not compile. */
export type Word = keyof typeof zh;
export type Words = Record<Word, string>;

// The console's key: one device, one choice.
const STORED = "countbridge.language";
const listeners = new Set<() => void>();
let current: Language = preferred();

function preferred(): Language {
  const stored = localStorage.getItem(STORED);
  if (stored === "zh-CN" || stored === "en") return stored;
  const first = navigator.languages.find((one) => /^(zh|en)/i.test(one));
  return first && /^en/i.test(first) ? "en" : "zh-CN";
}

export function currentLanguage(): Language {
  return current;
}

export function hasChosenLanguage(): boolean {
  return localStorage.getItem(STORED) !== null;
}

export function changeLanguage(language: Language, keep = true): void {
  current = language;
  if (keep) localStorage.setItem(STORED, language);
  document.documentElement.lang = language;
  for (const told of listeners) told();
}

/** Fills {name} and, for English, {n|line|lines}. */
export function t(word: Word, params: Record<string, string | number> = {}): string {
  const sentence: string = (current === "en" ? en : zh)[word];
  const counted = sentence.replace(/\{(\w+)\|([^|}]*)\|([^}]*)\}/g, (_, name: string, one: string, many: string) => (params[name] === 1 ? one : many));
  return counted.replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole));
}

/** Draws again when the language changes. */
export function useLanguage(): Language {
  return useSyncExternalStore(
    (told) => {
      listeners.add(told);
      return () => listeners.delete(told);
    },
    () => current,
  );
}

/** The name in the reader's language. */
export function nameOf(named: { name_zh: string | null; name_en: string | null }): string {
  return (current === "en" ? named.name_en : named.name_zh) ?? "";
}
