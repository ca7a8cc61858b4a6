import "@shared/tokens.css";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/parts.css";
import "./styles/pages.css";
import { startI18n } from "@shared/i18n";
import { applyTheme, themeChoice } from "@shared/theme";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { words } from "./app/words";

applyTheme(themeChoice());
await startI18n(words);
createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
