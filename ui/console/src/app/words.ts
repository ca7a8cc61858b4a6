import type { Loaders } from "@shared/i18n";
import i18next from "i18next";

export const words: Loaders = {
  "zh-CN": () => import("../locales/zh-CN.json"),
  en: () => import("../locales/en.json"),
};

export type Vocabulary =
  | "countState" | "countKind" | "lineState" | "outcome" | "deliveryState" | "deliveryKind" | "step" | "sheetState"
  | "flow" | "dataset" | "movement" | "decision" | "tryAction" | "tryOutcome" | "binState" | "fieldMap" | "role"
  | "timelineKind" | "suspect" | "cause" | "within" | "uncounted" | "countMode" | "lineReason" | "drifting" | "signoffState" | "sheetsBy" | "freezing"
  | "pollFlow" | "flowState" | "runOutcome" | "hookState" | "hookRan" | "subscriptionState" | "eventKind" | "serialState"
  | "setAside";

/** The word for one of the server's codes; a code we do not know is shown as it is rather than hidden. */
export function word(vocabulary: Vocabulary, code: string | null | undefined): string {
  if (!code) return "—";
  const key = `${vocabulary}.${code}`;
  return i18next.exists(key) ? i18next.t(key) : code;
}
