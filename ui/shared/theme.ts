export type Theme = "light" | "dark";
export type ThemeChoice = Theme | "system";

const STORED = "countbridge.theme";
const dark = (): MediaQueryList => matchMedia("(prefers-color-scheme: dark)");

export function themeChoice(): ThemeChoice {
  const stored = localStorage.getItem(STORED);
  return stored === "light" || stored === "dark" ? stored : "system";
}

export function themeOf(choice: ThemeChoice): Theme {
  return choice === "system" ? (dark().matches ? "dark" : "light") : choice;
}

/** Puts the theme on <html>; returns what is in force. */
export function applyTheme(choice: ThemeChoice): Theme {
  if (choice === "system") localStorage.removeItem(STORED);
  else localStorage.setItem(STORED, choice);
  const theme = themeOf(choice);
  document.documentElement.dataset["theme"] = theme;
  return theme;
}

export function onSystemTheme(told: () => void): () => void {
  const query = dark();
  query.addEventListener("change", told);
  return () => query.removeEventListener("change", told);
}

/** The value of a token (for canvases, which know no CSS variables). */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
