import "@shared/tokens.css";
import "./style.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { applyTheme, themeChoice } from "@shared/theme";
import { App } from "./app";
import { start } from "./desk";
import { Note } from "./parts/controls";
import { startListening } from "./scan/listen";
import { openSound } from "./scan/signal";
import { currentLanguage, t } from "./words";

applyTheme(themeChoice());
document.documentElement.lang = currentLanguage();
openSound();
startListening();
const place = document.getElementById("root");
if (!place) throw new Error("the page has no #root");
const root = createRoot(place);
start()
  .then(() => root.render(<StrictMode><App /></StrictMode>))
  // Without a store no scan would be safe: better not to start than to lose counts.
  .catch(() => root.render(<main className="screen"><Note tone="bad" testId="no-store">{t("app.no_store")}</Note></main>));
