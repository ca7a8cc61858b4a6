import { createRoot } from "react-dom/client";

createRoot(document.getElementById("root")!).render("盘桥");
