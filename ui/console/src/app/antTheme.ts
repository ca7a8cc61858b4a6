import type { Theme } from "@shared/theme";
import type { ThemeConfig } from "antd";
import { theme as ant } from "antd";

const LIGHT = { primary: "#0b6470", ink: "#1b2426", ink2: "#4b585b", ink3: "#5b686b", surface: "#ffffff", paper: "#f4f5f3", line: "#dde0dc", onPrimary: "#ffffff", bad: "#a81e2e" };
const DARK: typeof LIGHT = { primary: "#56b9c5", ink: "#e7ecea", ink2: "#b3bebd", ink3: "#8f9c9c", surface: "#1a2224", paper: "#12181a", line: "#2d383a", onPrimary: "#06262a", bad: "#f4878f" };

/** The tokens of shared/tokens.css, said in Ant Design's words. */
export function antTheme(theme: Theme): ThemeConfig {
  const c = theme === "dark" ? DARK : LIGHT;
  return {
    algorithm: theme === "dark" ? ant.darkAlgorithm : ant.defaultAlgorithm,
    token: {
      colorPrimary: c.primary, colorLink: c.primary, colorInfo: c.primary, colorError: c.bad,
      colorText: c.ink, colorTextSecondary: c.ink2, colorTextDescription: c.ink3, colorTextPlaceholder: c.ink3,
      colorBgBase: c.surface, colorBgContainer: c.surface, colorBgLayout: c.paper, colorBgElevated: c.surface,
      colorBorder: theme === "dark" ? "#4a585b" : "#bcc2bd", colorBorderSecondary: c.line,
      fontFamily: "var(--font)", fontFamilyCode: "var(--font-code)", fontSize: 14, borderRadius: 6, controlHeight: 32,
      motion: !matchMedia("(prefers-reduced-motion: reduce)").matches, wireframe: false,
    },
    components: {
      Button: { primaryColor: c.onPrimary, primaryShadow: "none", defaultShadow: "none", dangerShadow: "none", dangerColor: c.onPrimary },
      Modal: { titleFontSize: 17 },
      Segmented: { trackBg: theme === "dark" ? "#0d1214" : "#e4e8e4", itemSelectedBg: theme === "dark" ? "#2d383a" : "#ffffff", itemColor: c.ink2 },
      Drawer: { paddingLG: 20 },
    },
  };
}
