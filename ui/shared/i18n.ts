import i18next, { type i18n } from "i18next";
import { initReactI18next } from "react-i18next";
import type { Language } from "./time";

export const LANGUAGES: readonly Language[] = ["zh-CN", "en"];

type Words = Record<string, unknown>;
export type Loaders = Record<Language, () => Promise<{ default: Words }>>;

const STORED = "countbridge.language";

/** Whether somebody chose a language in this browser. */
export function hasChosenLanguage(): boolean {
  return localStorage.getItem(STORED) !== null;
}

/** The language stored here, else the browser's, else Chinese. */
export function preferredLanguage(): Language {
  const stored = localStorage.getItem(STORED);
  if (stored === "zh-CN" || stored === "en") return stored;
  const first = navigator.languages.find((one) => /^(zh|en)/i.test(one));
  return first && /^en/i.test(first) ? "en" : "zh-CN";
}

/** Starts i18next with one language loaded; the other is fetched when somebody asks for it. */
export async function startI18n(loaders: Loaders, language: Language = preferredLanguage()): Promise<i18n> {
  const words = await loaders[language]();
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    nsSeparator: false,
    resources: { [language]: { translation: words.default } },
    interpolation: { escapeValue: false },
    returnNull: false,
    react: { useSuspense: false },
  });
  document.documentElement.lang = language;
  return i18next;
}

export async function changeLanguage(loaders: Loaders, language: Language): Promise<void> {
  if (!i18next.hasResourceBundle(language, "translation")) {
    i18next.addResourceBundle(language, "translation", (await loaders[language]()).default);
  }
  localStorage.setItem(STORED, language);
  document.documentElement.lang = language;
  await i18next.changeLanguage(language);
}

export function currentLanguage(): Language {
  return i18next.language === "en" ? "en" : "zh-CN";
}
