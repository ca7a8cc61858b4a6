import { PARTS, type Parts as Told } from "@shared/model";
import { useTranslation } from "react-i18next";
import { Code } from "./values";

/** " · Lot L7 · Status HOLD": what tells the goods apart beside their item, as far as there is any. */
export function Parts({ of, serial = false }: { of: Told; serial?: boolean }) {
  const { t } = useTranslation();
  return <>{PARTS.map((part) => (of[part] ? <span key={part}> · {t(serial && part === "lot" ? "line.serial" : `line.${part}`)} <Code>{of[part]}</Code></span> : null))}</>;
}
