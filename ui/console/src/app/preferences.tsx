import { changeLanguage, currentLanguage } from "@shared/i18n";
import { type ThemeChoice, applyTheme, onSystemTheme, themeChoice, themeOf } from "@shared/theme";
import type { Theme } from "@shared/theme";
import type { Language } from "@shared/time";
import { type ReactNode, createContext, useCallback, useContext, useEffect, useMemo, useState } from "react";
import { words } from "./words";

interface Preferences {
  language: Language;
  setLanguage: (language: Language) => Promise<void>;
  choice: ThemeChoice;
  theme: Theme;
  setTheme: (choice: ThemeChoice) => void;
}

const Context = createContext<Preferences | null>(null);

/** Language and theme, kept in this browser. */
export function PreferencesProvider({ children }: { children: ReactNode }) {
  const [language, putLanguage] = useState<Language>(currentLanguage);
  const [choice, putChoice] = useState<ThemeChoice>(themeChoice);
  const [theme, putTheme] = useState<Theme>(() => themeOf(themeChoice()));
  useEffect(() => {
    putTheme(applyTheme(choice));
    return choice === "system" ? onSystemTheme(() => putTheme(applyTheme("system"))) : undefined;
  }, [choice]);
  const setLanguage = useCallback(async (next: Language) => {
    await changeLanguage(words, next);
    putLanguage(next);
  }, []);
  const value = useMemo(
    () => ({ language, setLanguage, choice, theme, setTheme: putChoice }),
    [language, setLanguage, choice, theme],
  );
  return <Context value={value}>{children}</Context>;
}

export function usePreferences(): Preferences {
  const found = useContext(Context);
  if (!found) throw new Error("outside PreferencesProvider");
  return found;
}
