import type { ReasonCode } from "@shared/model";
import { useQuery } from "@tanstack/react-query";
import { usePreferences } from "../app/preferences";
import { api } from "../app/server";

/** Reasons people may give, in order, and what each is called; one no more in use keeps its name. */
export function useReasons(): { rows: ReasonCode[]; nameOf: (code: string) => string } {
  const { language } = usePreferences();
  const reasons = useQuery({ queryKey: ["reasons", "all"], queryFn: () => api.reasons(true), staleTime: 60_000 });
  const all = reasons.data?.rows ?? [];
  const named = new Map(all.map((one) => [one.code, language === "en" ? one.name_en : one.name_zh]));
  return { rows: all.filter(({ active }) => active), nameOf: (code) => named.get(code) ?? code };
}
